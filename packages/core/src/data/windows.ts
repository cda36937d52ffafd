/**
 * Windows of numeric series as examples of a regression: some steps, and the values that follow.
 *
 *   const co2 = await readSeries('co2.csv', { columns: ['y'] });
 *   const store = windowExamples([co2], { length: 48, horizon: 12 });
 */
import { UsageError } from '../errors.ts';
import type { Example, ExampleStore } from './examples.ts';
import type { Series } from './series.ts';

export interface WindowOptions {
  /** Steps of a window. */
  length: number;
  /** Steps after it that are its targets: 1 if not given. */
  horizon?: number;
  /** Steps from one window to the next: 1 if not given. */
  stride?: number;
  /** The columns that are targets, by name: all of them if not given. */
  targets?: readonly string[];
}

/** Every window without a missing value. Its group is its series; windows are cut when they are read. */
export function windowExamples(series: readonly Series[], options: WindowOptions): ExampleStore {
  const { length, horizon = 1, stride = 1 } = options;
  for (const [key, value] of Object.entries({ length, horizon, stride })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UsageError('windowExamples', `${key} is ${value}, expected an integer ≥ 1.`);
    }
  }
  if (series.length === 0) throw new UsageError('windowExamples', 'got no series, expected at least one.');
  const { columns } = series[0];
  const width = columns.length;
  const wanted = (options.targets ?? columns).map((name) => {
    const at = columns.indexOf(name);
    if (at >= 0) return at;
    throw new UsageError(
      'windowExamples',
      `no column is ${JSON.stringify(name)}, expected some of ${columns.join(', ')}.`,
    );
  });
  const windows: { series: Series; begin: number }[] = [];
  for (const one of series) {
    if (one.columns.length !== width) {
      throw new UsageError(
        'windowExamples',
        `${one.name} has ${one.columns.length} columns, expected ${width}, as ${series[0].name} has.`,
      );
    }
    let complete = 0;
    for (let row = 0; row < one.length; row++) {
      complete = one.values.subarray(row * width, (row + 1) * width).some(Number.isNaN) ? 0 : complete + 1;
      const begin = row + 1 - length - horizon;
      if (complete >= length + horizon && begin % stride === 0) windows.push({ series: one, begin });
    }
  }
  const name = series.length === 1 ? series[0].name : `${series[0].name} and ${series.length - 1} more`;
  if (windows.length === 0) {
    throw new UsageError(
      'windowExamples',
      `${name} has no ${length} + ${horizon} rows on end without a missing value. ` +
        'Take a smaller length, or fill in what is missing.',
    );
  }
  return {
    name,
    length: windows.length,
    features: width,
    group: (index) => windows[index].series.name,
    read(index): Example {
      const { series: one, begin } = windows[index];
      const end = begin + length;
      const targets = new Float32Array(horizon * wanted.length);
      for (let i = 0; i < targets.length; i++) {
        targets[i] = one.values[(end + Math.floor(i / wanted.length)) * width + wanted[i % wanted.length]];
      }
      return { sequence: Float32Array.from(one.values.subarray(begin * width, end * width)), targets };
    },
  };
}
