/** The columns of a forecast in a file, and how many digits its numbers have. */
import type { Forecast } from '../types.ts';

/** The columns that are numbers, in order: mean, median, quantiles q0.1 …, bounds low80, high80 … of intervals. */
export function numberColumns({ mean, median, quantiles, intervals = {} }: Forecast): {
  column: string;
  values: number[];
}[] {
  const byNumber = <T>(record: Record<string, T>) => Object.entries(record).sort(([a], [b]) => Number(a) - Number(b));
  return [
    { column: 'mean', values: mean },
    { column: 'median', values: median },
    ...byNumber(quantiles).map(([key, values]) => ({ column: `q${key}`, values })),
    ...byNumber(intervals).flatMap(([level, { low, high }]) => [
      { column: `low${level}`, values: low },
      { column: `high${level}`, values: high },
    ]),
  ];
}

/** Significant digits: at least those of a model in f32, those of a constant series, at most those of f64. */
const [MIN_DIGITS, CONSTANT_DIGITS, MAX_DIGITS] = [7, 12, 15];
/** Digits of the largest difference between two values. */
const SPREAD_DIGITS = 5;

/** Rounds numbers to the digits that this forecast needs; what is not finite stays as it is. */
export function roundingOf(forecast: Forecast): (value: number) => number {
  const digits = digitsOf(forecast);
  return (value) => (Number.isFinite(value) ? Number(value.toPrecision(digits)) : value);
}

/** A meter that reads 1,700,000,040 and advances by tens would be constant in seven digits. */
function digitsOf(forecast: Forecast): number {
  let [size, low, high] = [0, Infinity, -Infinity];
  for (const { values } of numberColumns(forecast)) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      size = Math.max(size, Math.abs(value));
      [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
  }
  const digits = high > low ? SPREAD_DIGITS + Math.ceil(Math.log10(size / (high - low))) : CONSTANT_DIGITS;
  return Math.min(MAX_DIGITS, Math.max(MIN_DIGITS, digits));
}
