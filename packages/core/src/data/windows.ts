/**
 * Windows of numeric series as examples of a regression: some rows, and the values of the rows that follow.
 *
 *   y  1 2 3 4 5 6   length 3, horizon 2   window   targets, after its last row    after each of its rows
 *                                          1 2 3    4 5                            2 3 | 3 4 | 4 5
 *                                          2 3 4    5 6                            3 4 | 4 5 | 5 6
 *
 * The targets of row t are the values of rows t + 1 … t + horizon.
 */
import { UsageError } from '../errors.ts';
import { complete, field, type ValuesOf } from '../schema/index.ts';
import type { Example, ExampleStore } from './examples.ts';
import type { Series } from './series.ts';

export interface WindowOptions {
  /** Rows of a window. */
  readonly length: number;
  /** Rows ahead that are targets. Default: 1. */
  readonly horizon?: number;
  /** Rows from one window to the next. Default: 1. */
  readonly stride?: number;
  /** The columns that are targets, by name. Default: all of them. */
  readonly targets?: readonly string[];
}

const windowFields = {
  length: field.whole({ min: 1 }),
  horizon: field.whole({ min: 1, default: 1 }),
  stride: field.whole({ min: 1, default: 1 }),
  targets: field.optional(field.list(field.text())),
};

/** Rows [begin, begin + steps) of a series. */
interface Window {
  readonly series: Series;
  readonly begin: number;
  readonly steps: number;
}

/**
 * Every window of `length` rows that has no missing value, nor have the `horizon` rows after it, which are its targets.
 *
 * The group of an example is its series. An example is cut from its series when it is read.
 *
 * @throws UsageError where no window is without missing values, or the series differ in their columns
 * @example
 * const co2 = await data.readSeries('co2.csv', { columns: ['y'] });
 * const store = data.windowExamples([co2], { length: 48, horizon: 12 });    // (48, 1) values, 12 targets
 */
export function windowExamples(series: readonly Series[], options: WindowOptions): ExampleStore {
  const plan = checked(series, options, 'windowExamples');
  const { length, horizon, stride } = plan;
  const windows = series.flatMap((one) =>
    completeRuns(one).flatMap(({ begin, end }) => {
      const found: Window[] = [];
      // Windows begin at multiples of the stride from the first row of the series.
      const first = Math.ceil(begin / stride) * stride;
      for (let at = first; at + length + horizon <= end; at += stride) {
        found.push({ series: one, begin: at, steps: length });
      }
      return found;
    }),
  );
  if (windows.length === 0) {
    throw new UsageError(
      'windowExamples',
      `${nameOf(series)} has no ${length} + ${horizon} rows on end without a missing value. ` +
        'Take a smaller length, or fill in what is missing.',
    );
  }
  return storeOf(windows, series, plan, 'sequence');
}

/**
 * Windows of at most `length` rows without a missing value, with targets for each row of a window.
 *
 * A run of rows that is shorter than `length` is one window, and the last rows of a run are always in one. A target is
 * NaN where its value is missing or beyond the end.
 *
 * @throws UsageError where no two rows on end are without missing values, or the series differ in their columns
 * @example
 * const { train, validation } = splitSeries([co2], 0.1);
 * const store = data.stepExamples(train, { length: 48, horizon: 12 });      // (48, 1) values, (48, 12) targets
 */
export function stepExamples(series: readonly Series[], options: WindowOptions): ExampleStore {
  const plan = checked(series, options, 'stepExamples');
  const { length, stride } = plan;
  const windows = series.flatMap((one) =>
    completeRuns(one).flatMap(({ begin, end }) => {
      // The last row of a run has no row after it to learn from.
      const steps = Math.min(length, end - begin - 1);
      if (steps < 1) return [];
      const found: Window[] = [];
      const last = end - 1 - steps;
      for (let at = begin; at < last; at += stride) found.push({ series: one, begin: at, steps });
      found.push({ series: one, begin: last, steps });
      return found;
    }),
  );
  if (windows.length === 0) {
    throw new UsageError(
      'data',
      `${nameOf(series)} has no two rows on end without a missing value. Fill in what is missing.`,
    );
  }
  return storeOf(windows, series, plan, 'step');
}

/**
 * The last rows of every series, at most `length`: what a forecast of the rows after them starts from.
 *
 * @throws UsageError where the last row of a series has a missing value
 */
export function lastWindows(series: readonly Series[], length: number): ExampleStore {
  const windows = series.map((one): Window => {
    const run = completeRuns(one).at(-1);
    if (run?.end === one.length) {
      const begin = Math.max(run.begin, run.end - length);
      return { series: one, begin, steps: run.end - begin };
    }
    throw new UsageError(
      'data',
      `${one.name} misses a value in its last row, expected all of them. Fill it in, or leave the row out.`,
    );
  });
  return {
    name: series[0].name,
    length: windows.length,
    features: series[0].columns.length,
    output: 'step',
    group: () => undefined,
    title: (index) => series[index].name,
    read: (index) => ({ sequence: inputsOf(windows[index]) }),
  };
}

/** `output`: whether a window has targets after its last row alone, or after each. */
function storeOf(
  windows: readonly Window[],
  series: readonly Series[],
  { horizon, columns }: Plan,
  output: 'sequence' | 'step',
): ExampleStore {
  return {
    name: nameOf(series),
    length: windows.length,
    features: series[0].columns.length,
    ...(output === 'step' && { output }),
    group: (index) => windows[index].series.name,
    title: (index) => `${windows[index].series.name}, rows from ${windows[index].begin}`,
    read(index): Example {
      const window = windows[index];
      const first = output === 'step' ? 0 : window.steps - 1;
      return { sequence: inputsOf(window), targets: targetsOf(window, first, horizon, columns) };
    },
  };
}

/** (steps, columns) */
function inputsOf({ series: { columns, values }, begin, steps }: Window): Float32Array {
  return Float32Array.from(values.subarray(begin * columns.length, (begin + steps) * columns.length));
}

/** (steps − first, horizon, columns): the targets of the steps from `first` on. */
function targetsOf(
  {
    series: {
      columns: { length: width },
      length,
      values,
    },
    begin,
    steps,
  }: Window,
  first: number,
  horizon: number,
  columns: readonly number[],
): Float32Array {
  const targets = new Float32Array((steps - first) * horizon * columns.length);
  let at = 0;
  for (let step = first; step < steps; step++) {
    for (let ahead = 1; ahead <= horizon; ahead++) {
      const row = begin + step + ahead;
      for (const column of columns) targets[at++] = row < length ? values[row * width + column] : Number.NaN;
    }
  }
  return targets;
}

interface Plan extends Omit<ValuesOf<typeof windowFields>, 'targets'> {
  /** The places of the columns that are targets. */
  readonly columns: readonly number[];
}

function checked(series: readonly Series[], options: WindowOptions, where: string): Plan {
  const { targets, ...sizes } = complete(where, windowFields, options);
  if (series.length === 0) throw new UsageError(where, 'got no series, expected at least one.');
  return { ...sizes, columns: targetColumns(series, targets ?? series[0].columns) };
}

const nameOf = (series: readonly Series[]): string =>
  series.length === 1 ? series[0].name : `${series[0].name} and ${series.length - 1} more`;

/** The places of the columns of these names, which all series must have alike. */
export function targetColumns(series: readonly Series[], names: readonly string[]): number[] {
  const [{ columns, name }] = series;
  const other = series.find((one) => one.columns.join() !== columns.join());
  if (other) {
    throw new UsageError(
      'data',
      `${other.name} has the columns ${other.columns.join(', ')}, expected ${columns.join(', ')}, as ${name} has.`,
    );
  }
  return names.map((wanted) => {
    const at = columns.indexOf(wanted);
    if (at >= 0) return at;
    throw new UsageError(
      'data',
      `${name} has no column ${JSON.stringify(wanted)}, expected some of ${columns.join(', ')}.`,
    );
  });
}

/** The longest runs of rows without a missing value: rows [begin, end). */
export function completeRuns({ values, columns, length }: Series): { begin: number; end: number }[] {
  const runs: { begin: number; end: number }[] = [];
  for (let row = 0; row < length; row++) {
    if (values.subarray(row * columns.length, (row + 1) * columns.length).some(Number.isNaN)) continue;
    const last = runs.at(-1);
    if (last?.end === row) last.end++;
    else runs.push({ begin: row, end: row + 1 });
  }
  return runs;
}
