/** Sums and averages of plain numbers. Sums run from the first value to the last, so equal lists give equal bits. */

type Values = ArrayLike<number>;

/** 0 for no values. */
export function sum(values: Values): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

/** NaN for no values. */
export const mean = (values: Values): number => sum(values) / values.length;

/** The middle value, or the mean of the two in the middle; NaN for no values. */
export const median = (values: Values): number => medianOfSorted(Float64Array.from(values).sort());

/** `median` of values that rise. */
export const medianOfSorted = (sorted: ArrayLike<number>): number =>
  (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;

/** The standard deviation of a sample, with n − 1 in the denominator; NaN for one value. */
export function sampleDeviation(values: Values): number {
  const centre = mean(values);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * The slope of the line through the points (xᵢ, yᵢ) with the least squared error.
 *
 *   Σ (xᵢ − x̄)(yᵢ − ȳ) / Σ (xᵢ − x̄)²
 *
 * Of log y against log x it is the exponent b of y ≈ a xᵇ.
 */
export function slopeOf(x: Values, y: Values): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  let [covariance, variance] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    covariance += (x[i] - meanX) * (y[i] - meanY);
    variance += (x[i] - meanX) ** 2;
  }
  return covariance / variance;
}
