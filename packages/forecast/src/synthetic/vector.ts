/** Operations on series in f64. */

/** A series as a prior draws it, before it has a scale. */
export interface Draft {
  values: Float64Array;
  /** Steps of its main season, if it has one. */
  season?: number;
  /** Constraints for later steps: counts are not changed, non-negative values are only scaled. */
  support?: 'counts' | 'nonnegative';
}

/** The mean. */
export function meanOf(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i];
  return sum / x.length;
}

/** The standard deviation. */
export function deviationOf(x: Float64Array): number {
  const mean = meanOf(x);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] - mean) ** 2;
  return Math.sqrt(sum / x.length);
}

/** Sets mean 0 and deviation 1, in place; a constant becomes zeros. */
export function standardized(x: Float64Array): Float64Array {
  const mean = meanOf(x);
  const deviation = deviationOf(x);
  const scale = deviation > 1e-12 * (1 + Math.abs(mean)) ? 1 / deviation : 0;
  for (let i = 0; i < x.length; i++) x[i] = (x[i] - mean) * scale;
  return x;
}

/** sum += weight · x, in place. */
export function add(sum: Float64Array, x: Float64Array, weight = 1): Float64Array {
  for (let i = 0; i < sum.length; i++) sum[i] += weight * x[i];
  return sum;
}

/** x[i] ← f(x[i], i), in place. */
export function mapped(x: Float64Array, f: (value: number, i: number) => number): Float64Array {
  for (let i = 0; i < x.length; i++) x[i] = f(x[i], i);
  return x;
}

/** Running sums, in place. */
export function cumulated(x: Float64Array): Float64Array {
  for (let i = 1; i < x.length; i++) x[i] += x[i - 1];
  return x;
}

/** hₜ = ρ hₜ₋₁ + √(1 − ρ²) xₜ, in place: unit white noise becomes unit AR(1). */
export function persistent(x: Float64Array, rho: number): Float64Array {
  const gain = Math.sqrt(1 - rho * rho);
  for (let i = 1; i < x.length; i++) x[i] = rho * x[i - 1] + gain * x[i];
  return x;
}
