/** Statistics of a few seeds: the mean, and how sure one can be of it. */
import { mean, sampleDeviation } from '@mamba-ts/core/math';

/** −0.123: with the minus sign of typography. */
export const fixed = (value: number, digits = 3): string => value.toFixed(digits).replace('-', '−');

/** Student's t for 95 %, two-sided, by degrees of freedom from 1. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131];
/** Its limit for many degrees of freedom. */
const Z95 = 1.95996;

/** Beyond the table by a series in 1/freedom, exact to 0.001 (Abramowitz & Stegun 26.7.5). */
const t95 = (freedom: number): number =>
  T95[freedom - 1] ??
  Z95 + (Z95 ** 3 + Z95) / (4 * freedom) + (5 * Z95 ** 5 + 16 * Z95 ** 3 + 3 * Z95) / (96 * freedom ** 2);

/** Half of the width of the 95 % confidence interval of the mean; NaN for one value. */
export const halfWidth = (values: readonly number[]): number =>
  (t95(values.length - 1) * sampleDeviation(values)) / Math.sqrt(values.length);

/** a − b, value by value: of seeds that saw the same batches, or of pieces of one text. */
export const paired = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => value - b[i]);

/** Whether the mean is above 0 by more than its interval; never for one value. */
export const isMore = (values: readonly number[]): boolean => mean(values) > halfWidth(values);

/** 1.234 ± 0.050, or the value alone where there is one. */
export function withError(values: readonly number[], digits: number, factor = 1): string {
  const half = halfWidth(values);
  const text = fixed(factor * mean(values), digits);
  return Number.isFinite(half) ? `${text} ± ${fixed(factor * half, digits)}` : text;
}

/** +0.123 ± 0.045: a difference with its sign. */
export const signed = (values: readonly number[], digits: number): string =>
  `${mean(values) < 0 ? '' : '+'}${withError(values, digits)}`;
