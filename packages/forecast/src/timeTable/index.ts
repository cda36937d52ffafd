/**
 * Tables of series: CSV to series with times.
 *
 * @example
 * const table = await openTimeTable('sales.csv');
 * for await (const { id, values, axis } of table.series()) console.log(id, values.length, axis.label(values.length));
 *
 * @module
 */
export type { TableSource } from '@mamba-ts/core/table';
export { type AxisOptions, TimeAxis, type TimeStyle, timeLabel } from './axis.ts';
export { layoutLine, stepsLine, TableNotes } from './describe.ts';
export { formatOf } from './formatOf.ts';
export { defaultHorizon, type Frequency, frequencyName, parseFrequency, seasonsOf, type Unit } from './frequency.ts';
export { type Grid, type GridOptions, gridOf } from './grid.ts';
export { LARGEST } from './largest.ts';
export { Rows } from './rows.ts';
export { onSteps } from './seriesOf.ts';
export { suggestedHorizon } from './suggestedHorizon.ts';
export { tableFields } from './tableFields.ts';
export type { Moment, TimeFormat } from './timeFormats.ts';
export { openTimeTable } from './timeTable.ts';
export type {
  Aggregation,
  CovariateColumn,
  SeriesFacts,
  TableLayout,
  TableSeries,
  TimeTable,
  TimeTableOptions,
} from './timeTableTypes.ts';
