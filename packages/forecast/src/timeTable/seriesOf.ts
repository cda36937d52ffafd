/** The rows of one id to its series: values and covariates by step, and the facts of the reading. */
import { seasonsOf } from './frequency.ts';
import { placeAhead } from './future.ts';
import { type Grid, type GridOptions, gridOf } from './grid.ts';
import type { Layout } from './layout.ts';
import type { Rows } from './rows.ts';
import { numberColumns } from './rowsOfSeries.ts';
import type { SeriesColumn } from './seriesColumn.ts';
import type { Aggregation, CovariateColumn, SeriesFacts, TableSeries } from './timeTableTypes.ts';

export interface SeriesContext extends Omit<GridOptions, 'format'> {
  layout: Layout;
  /** Rows of the same id in the table of what is known ahead. */
  ahead?: Rows;
  /** What messages call that table. */
  aheadName: string;
}

/** A series for each column of values. `skipped`: the ids of those that have no value at all. */
export function seriesIn(rows: Rows, context: SeriesContext): { series: TableSeries[]; skipped: string[] } {
  const { layout, name } = context;
  const where = layout.ids.length > 0 ? `${name}, series ${JSON.stringify(rows.id)}` : name;
  const grid = gridOf(rows, { ...context, name: where, format: layout.format });
  const { values, known } = layout;
  const columns = numberColumns(layout);
  const spread = (i: number) =>
    onSteps(grid, rows.column(i), columns[i].categories ? 'last' : (context.duplicates ?? 'mean'));
  const series: TableSeries[] = [];
  const skipped: string[] = [];
  values.forEach((column, i) => {
    const id = idOf(rows.id, column.name, layout);
    const all = spread(i);
    const partial = context.duplicates === 'sum' ? withoutPartial(all, grid) : [];
    const [begin, end] = bounds(all);
    if (end === 0) {
      skipped.push(id);
      return;
    }
    const axis = grid.axis.from(begin);
    const kept = all.slice(begin, end);
    const covariates = (wanted: readonly SeriesColumn[], first: number, to: number) =>
      wanted.map((_, j) => spread(first + j).slice(begin, to));
    const past = covariates(layout.past, values.length + known.length, end);
    const later =
      known.length > 0 ? withAhead(covariates(known, values.length, grid.length), end - begin, axis, context) : [];
    const lengths = later.map((column) => column.length);
    series.push({
      id,
      values: kept,
      axis,
      past: named(layout.past, past),
      known: named(known, later),
      ahead: lengths.length > 0 ? Math.min(...lengths) - kept.length : 0,
      seasons: seasonsOf(axis.frequency, kept.length),
      facts: factsOf(
        kept,
        grid,
        grid.length - end - partial.filter((step) => step > 0).length,
        partial,
        axis.label.bind(axis),
      ),
    });
  });
  return { series, skipped };
}

/** The id of a series; the name of its column is a part of it where there are several columns. */
function idOf(id: string, column: string, { ids, values }: Layout): string {
  if (ids.length === 0) return column;
  return values.length === 1 ? id : `${id}/${column}`;
}

/**
 * The values of rows by step, NaN where a step has none. Several values of one step are combined; missing ones do not
 * count.
 *
 * @param column a value for each row, in the order in which the rows were read
 * @returns `grid.length` values
 * @example
 * onSteps(grid, rows.column(0), 'mean');
 */
export function onSteps({ steps, order, length }: Grid, column: Float64Array, how: Aggregation): Float64Array {
  const spread = new Float64Array(length).fill(Number.NaN);
  let count = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    const value = column[order ? order[i] : i];
    if (i === 0 || steps[i - 1] !== step) count = 0;
    if (Number.isNaN(value)) continue;
    count++;
    if (count === 1 || how === 'last') spread[step] = value;
    else if (how === 'sum') spread[step] += value;
    else if (how === 'mean') spread[step] += (value - spread[step]) / count;
  }
  return spread;
}

/** The first value and the end of the last: [begin, end). */
function bounds(values: Float64Array): [number, number] {
  let [begin, end] = [0, values.length];
  while (end > 0 && Number.isNaN(values[end - 1])) end--;
  while (begin < end && Number.isNaN(values[begin])) begin++;
  return [begin, end];
}

/** The known columns, continued by the table of what is known ahead, up to its last value. */
function withAhead(
  known: readonly Float64Array[],
  end: number,
  axis: TableSeries['axis'],
  { ahead, aheadName, layout }: SeriesContext,
): Float64Array[] {
  const { steps, last } = placeAhead(ahead, axis, end, layout.format !== undefined, aheadName);
  return known.map((column, j) => {
    const all = new Float64Array(Math.max(column.length, last + 1)).fill(Number.NaN);
    all.set(column);
    steps.forEach((step, i) => {
      if (step >= end) all[step] = (ahead as Rows).column(j)[i];
    });
    return all.subarray(0, Math.max(end, bounds(all)[1]));
  });
}

/** Columns by name; codes become their texts again. */
function named(columns: readonly SeriesColumn[], values: readonly Float64Array[]): Record<string, CovariateColumn> {
  return Object.fromEntries(
    columns.map(({ name, categories }, j) => [
      name,
      categories ? Array.from(values[j], (code) => (Number.isNaN(code) ? null : categories.names[code])) : values[j],
    ]),
  );
}

/** Takes out the sums of the first and the last step where rows cover a part of them only; returns these steps. */
function withoutPartial(sums: Float64Array, { filled, length }: Grid): number[] {
  const partial = [...(filled.first ? [] : [0]), ...(filled.last || length < 2 ? [] : [length - 1])];
  if (length <= partial.length) return [];
  for (const step of partial) sums[step] = Number.NaN;
  return partial;
}

function factsOf(
  values: Float64Array,
  grid: Grid,
  future: number,
  partial: readonly number[],
  label: (step: number) => string,
): SeriesFacts {
  let [missing, run, longest, at] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    run = Number.isNaN(values[i]) ? run + 1 : 0;
    if (run > 0) missing++;
    if (run > longest) [longest, at] = [run, i - run + 1];
  }
  const { unsorted, combined, doubledHours, skippedHours } = grid;
  return {
    rows: values.length - missing,
    missing,
    longestGap: longest,
    longestGapAt: longest > 0 ? label(at) : '',
    unsorted,
    combined,
    partial: partial.map((step) => grid.axis.label(step)),
    doubledHours,
    skippedHours,
    future,
  };
}
