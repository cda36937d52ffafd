/**
 * Pieces of numeric series as examples with targets for every step: the values of the next rows.
 *
 *   const { train, validation } = splitSeries([co2], 0.1);
 *   stepExamples(train, { length: 48, horizon: 12 });     // 12 values to forecast at each of 48 steps
 */
import { UsageError } from '../errors.ts';
import type { ExampleStore } from './examples.ts';
import type { Series } from './series.ts';

export interface StepWindowOptions {
  /** Steps of a window at most; a run of rows that is shorter is one window. */
  length: number;
  /** Rows ahead that are the targets of a step: 1 if not given. */
  horizon?: number;
  /** Rows from one window to the next: 1 if not given. The last window of a run is always there. */
  stride?: number;
  /** The columns that are targets, by name: all of them if not given. */
  targets?: readonly string[];
}

/** Windows over the runs of rows that miss nothing. A target of step t is row t + 1 … t + horizon; NaN beyond the end. */
export function stepExamples(series: readonly Series[], options: StepWindowOptions): ExampleStore {
  const { length, horizon = 1, stride = 1 } = options;
  for (const [key, value] of Object.entries({ length, horizon, stride })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UsageError('stepExamples', `${key} is ${value}, expected an integer ≥ 1.`);
    }
  }
  if (series.length === 0) throw new UsageError('stepExamples', 'got no series, expected at least one.');
  const { columns } = series[0];
  const wanted = columnsOf(series, options.targets ?? columns);
  const width = columns.length;
  const windows: { series: Series; begin: number; steps: number }[] = [];
  for (const one of series) {
    for (const { begin, end } of completeRuns(one)) {
      // The last row of a run has nothing after it to be learnt from.
      const steps = Math.min(length, end - begin - 1);
      if (steps < 1) continue;
      const last = end - 1 - steps;
      for (let at = begin; at < last; at += stride) windows.push({ series: one, begin: at, steps });
      windows.push({ series: one, begin: last, steps });
    }
  }
  const name = series.length === 1 ? series[0].name : `${series[0].name} and ${series.length - 1} more`;
  if (windows.length === 0) {
    throw new UsageError('data', `${name} has no two rows on end without a missing value. Fill in what is missing.`);
  }
  return {
    name,
    length: windows.length,
    features: width,
    output: 'step',
    group: (index) => windows[index].series.name,
    title: (index) => `${windows[index].series.name}, rows from ${windows[index].begin}`,
    read(index) {
      const { series: one, begin, steps } = windows[index];
      const count = horizon * wanted.length;
      const targets = new Float32Array(steps * count);
      for (let i = 0; i < targets.length; i++) {
        const row = begin + Math.floor(i / count) + 1 + Math.floor((i % count) / wanted.length);
        targets[i] = row < one.length ? one.values[row * width + wanted[i % wanted.length]] : Number.NaN;
      }
      return { sequence: Float32Array.from(one.values.subarray(begin * width, (begin + steps) * width)), targets };
    },
  };
}

/** The last `length` rows of every series, as what a forecast of the rows after them starts from. */
export function lastWindows(series: readonly Series[], length: number): ExampleStore {
  const ends = series.map((one) => {
    const run = completeRuns(one).at(-1);
    if (run?.end === one.length) return { one, begin: Math.max(run.begin, run.end - length) };
    throw new UsageError(
      'data',
      `${one.name} misses a value in its last row, expected all there. Fill it in, or leave it out.`,
    );
  });
  return {
    name: series[0].name,
    length: series.length,
    features: series[0].columns.length,
    output: 'step',
    group: () => undefined,
    title: (index) => series[index].name,
    read(index) {
      const { one, begin } = ends[index];
      return { sequence: Float32Array.from(one.values.subarray(begin * one.columns.length)) };
    },
  };
}

/** The last part of every series for validation. */
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

/** Refuses a horizon that no row reaches: its values would never be learnt, or never be measured. */
export function requireHorizon(
  series: readonly Series[],
  { horizon = 1, targets }: Pick<StepWindowOptions, 'horizon' | 'targets'>,
): void {
  const wanted = columnsOf(series, targets ?? series[0].columns);
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

function columnsOf(series: readonly Series[], names: readonly string[]): number[] {
  const [{ columns, name }] = series;
  const other = series.find((one) => one.columns.join() !== columns.join());
  if (other) {
    throw new UsageError(
      'data',
      `${other.name} has the columns ${other.columns.join(', ')}, expected ${columns.join(', ')}, as ${name} has.`,
    );
  }
  return names.map((one) => {
    const at = columns.indexOf(one);
    if (at >= 0) return at;
    throw new UsageError(
      'data',
      `${name} has no column ${JSON.stringify(one)}, expected some of ${columns.join(', ')}.`,
    );
  });
}

function completeRuns({ values, columns, length }: Series): { begin: number; end: number }[] {
  const runs: { begin: number; end: number }[] = [];
  for (let row = 0; row < length; row++) {
    if (values.subarray(row * columns.length, (row + 1) * columns.length).some(Number.isNaN)) continue;
    const last = runs.at(-1);
    if (last?.end === row) last.end++;
    else runs.push({ begin: row, end: row + 1 });
  }
  return runs;
}
