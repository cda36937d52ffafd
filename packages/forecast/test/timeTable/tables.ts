/** Tables to read, and what was read of them. */

import type { TableSeries, TableSource, TimeTableOptions } from '../../src/timeTable/index.ts';
import { openTimeTable } from '../../src/timeTable/index.ts';

const MINUTE = 60_000;

/** Rows of text, joined. */
export const rows = (count: number, row: (i: number) => string, header = ''): string =>
  [...(header === '' ? [] : [header]), ...Array.from({ length: count }, (_, i) => row(i))].join('\n');

/** '2024-01-01' and the days after. */
export const day = (i: number, from = Date.UTC(2024, 0, 1)): string =>
  new Date(from + i * 24 * 60 * MINUTE).toISOString().slice(0, 10);

/** '2024-03-30 00:00' and the minutes after. */
export const minute = (i: number, from = Date.UTC(2024, 2, 30)): string =>
  new Date(from + i * MINUTE).toISOString().slice(0, 16).replace('T', ' ');

export const month = (i: number): string => `${2020 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`;

export async function readAll(source: TableSource, options: TimeTableOptions = {}) {
  const table = await openTimeTable(source, options);
  const series: TableSeries[] = [];
  for await (const one of table.series()) series.push(one);
  return { table, layout: table.layout, series };
}

export const read = (text: string, options: TimeTableOptions = {}) => readAll({ text, name: 'x.csv' }, options);

/** The only series of a table. */
export async function readOne(text: string, options: TimeTableOptions = {}): Promise<TableSeries> {
  const { series } = await read(text, options);
  if (series.length !== 1) throw new Error(`${series.length} series: ${series.map(({ id }) => id).join(', ')}`);
  return series[0];
}

/** Values and labels of a series, and the first label of its future. */
export function told({ values, axis }: TableSeries) {
  return {
    values: [...values],
    times: [...values].map((_, i) => axis.label(i)),
    next: axis.label(values.length),
  };
}
