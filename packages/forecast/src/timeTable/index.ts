/** From a table to series with times. */
export { TimeAxis, type TimeStyle, timeLabel } from './axis.ts';
export { type SeriesBatch, seriesBatches } from './batches.ts';
export { layoutLine, stepsLine, TableNotes } from './describe.ts';
export { defaultHorizon, type Frequency, frequencyName, parseFrequency, seasonsOf } from './frequency.ts';
export { type Grid, gridOf } from './grid.ts';
export { LARGEST } from './numbers.ts';
export { Rows } from './rows.ts';
export { onSteps } from './seriesOf.ts';
export { formatOf } from './times.ts';
export { openTimeTable } from './timeTable.ts';
export type {
  Combine,
  SeriesFacts,
  TableLayout,
  TableSeries,
  TableSource,
  TimeTable,
  TimeTableOptions,
} from './types.ts';
