/** Training and validation of numeric series: the last part of each is held out. */
import { UsageError } from '../errors.ts';
import type { Series } from './series.ts';
import { completeRuns, targetColumns, type WindowOptions } from './windows.ts';

/**
 * Holds out the last part of every series.
 *
 * @param fraction the part of the rows for validation, between 0 and 1
 * @throws UsageError where a part has fewer than 2 rows
 * @example
 * const { train, validation } = data.splitSeries([co2], 0.1);
 */
export function splitSeries(series: readonly Series[], fraction: number): { train: Series[]; validation: Series[] } {
  const cut = (one: Series, from: number, to: number, part: string): Series => ({
    ...one,
    name: `${one.name} (${part})`,
    length: to - from,
    values: one.values.subarray(from * one.columns.length, to * one.columns.length),
  });
  const parts = series.map((one) => {
    const border = one.length - Math.round(one.length * fraction);
    if (border < 2 || one.length - border < 2) {
      throw new UsageError(
        'data',
        `${one.name} has ${one.length} rows, so ${border} for training and ${one.length - border} for validation, ` +
          'expected at least 2 in each. Give more data or another validationFraction.',
      );
    }
    return [cut(one, 0, border, 'training part'), cut(one, border, one.length, 'validation part')];
  });
  return { train: parts.map(([train]) => train), validation: parts.map(([, validation]) => validation) };
}

/** Refuses a horizon that no row reaches: its values would be neither learned nor measured. */
export function requireHorizon(
  series: readonly Series[],
  { horizon = 1, targets }: Pick<WindowOptions, 'horizon' | 'targets'>,
): void {
  const wanted = targetColumns(series, targets ?? series[0].columns);
  const isThere = ({ values, columns, length }: Series, row: number) =>
    row < length && wanted.some((column) => !Number.isNaN(values[row * columns.length + column]));
  const isReached = (one: Series) =>
    completeRuns(one).some(({ begin, end }) => {
      // The last row of a run is in no window.
      for (let row = begin; row < end - 1; row++) if (isThere(one, row + horizon)) return true;
      return false;
    });
  if (series.some(isReached)) return;
  const { name, length } = series.reduce((a, b) => (b.length > a.length ? b : a));
  throw new UsageError(
    'data',
    `${name} has ${length} rows, of which none has values ${horizon} rows after it to compare with. ` +
      `Expected more: give more data or another validationFraction, or take a smaller horizon than ${horizon}.`,
  );
}
