/**
 * Distributions known by some of their quantiles: the quantiles between them and beyond them, and the mean.
 *
 *   Q(p) = vᵢ + (vᵢ₊₁ − vᵢ) (z(p) − zᵢ) / (zᵢ₊₁ − zᵢ)        z = Φ⁻¹
 *
 * Interpolation is linear in z, so it is exact for a normal distribution. Beyond the outer levels the line through the
 * outer two is extended: a Gaussian tail. On a line, ∫ z dp = φ(z₁) − φ(z₂), so the mean is a weighted sum of the quantiles.
 */
import { normalDensity, normalQuantile } from '@mamba-ts/core/math';
import { boundsOf, quantileKey } from './levels.ts';
import type { Forecast, Values } from './types.ts';

/** The probabilities that a forecaster answers inside, from which all others are read. */
export const GRID: readonly number[] = [
  0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99,
];

/** The lines of Q: through which two levels the one at p goes, and how far along it p is. */
function lineAt(levels: readonly number[], p: number): { left: number; along: number } {
  let left = 0;
  while (left < levels.length - 2 && p > levels[left + 1]) left++;
  // At a known level the answer is its value to the last bit.
  if (p === levels[left]) return { left, along: 0 };
  if (p === levels[left + 1]) return { left, along: 1 };
  const [from, to] = [normalQuantile(levels[left]), normalQuantile(levels[left + 1])];
  return { left, along: (normalQuantile(p) - from) / (to - from) };
}

/** Q(p) of the distribution whose quantiles at the rising `levels` are `values`. With one level, it is constant. */
export function quantileAt(levels: readonly number[], values: Values, p: number): number {
  if (levels.length === 1) return values[0];
  const { left, along } = lineAt(levels, p);
  if (along === 0 || along === 1) return values[left + along];
  // Equal neighbours stay equal, even where the line would run to ∞.
  const rise = values[left + 1] - values[left];
  return rise === 0 ? values[left] : values[left] + along * rise;
}

/** What the mean takes of each quantile: ∫ Q dp = Σ wᵢ vᵢ. */
export function meanWeights(levels: readonly number[]): number[] {
  if (levels.length === 1) return [1];
  const z = levels.map(normalQuantile);
  const weights = levels.map(() => 0);
  for (let i = 0; i < levels.length - 1; i++) {
    // The outer lines reach to 0 and 1.
    const isFirst = i === 0;
    const isLast = i === levels.length - 2;
    const mass = (isLast ? 1 : levels[i + 1]) - (isFirst ? 0 : levels[i]);
    const moment = (isFirst ? 0 : normalDensity(z[i])) - (isLast ? 0 : normalDensity(z[i + 1]));
    const slope = (moment - mass * z[i]) / (z[i + 1] - z[i]);
    weights[i] += mass - slope;
    weights[i + 1] += slope;
  }
  return weights;
}

const weightsOf = new WeakMap<readonly number[], number[]>();

/** The mean of the distribution whose quantiles at `levels` are `values`. */
export function meanOf(levels: readonly number[], values: Values): number {
  let weights = weightsOf.get(levels);
  if (!weights) {
    weights = meanWeights(levels);
    weightsOf.set(levels, weights);
  }
  // Around the middle one, so that equal quantiles have exactly their value as mean.
  const middle = values[levels.length >> 1];
  let sum = 0;
  for (let i = 0; i < levels.length; i++) sum += weights[i] * (values[i] - middle);
  return middle + sum;
}

/**
 * Quantiles that do not cross: sorted, which is never further from the true ones (Chernozhukov, Fernández-Val &
 * Galichon 2010).
 */
export function monotone(values: Values): number[] {
  const rising = Array.from(values);
  for (let i = 1; i < rising.length; i++) {
    if (rising[i] < rising[i - 1]) return rising.sort((a, b) => a - b);
  }
  return rising;
}

/** Quantiles of every step ahead: `steps[t][i]` belongs to `levels[i]`. */
export interface QuantileTable {
  levels: readonly number[];
  steps: readonly Values[];
}

/** The levels and quantiles of an answer, checked (options.ts). */
export interface AnswerShape {
  levels?: readonly number[];
  quantiles: readonly number[];
}

/** The forecast of a table, with the requested quantiles and intervals. */
export function forecastOf({ levels, steps }: QuantileTable, shape: AnswerShape): Forecast {
  const sorted = steps.map(monotone);
  const at = (p: number) => sorted.map((values) => quantileAt(levels, values, p));
  const forecast: Forecast = {
    mean: sorted.map((values) => meanOf(levels, values)),
    median: at(0.5),
    quantiles: Object.fromEntries(shape.quantiles.map((p) => [quantileKey(p), at(p)])),
  };
  if (shape.levels) {
    forecast.intervals = Object.fromEntries(
      shape.levels.map((level) => {
        const [low, high] = boundsOf(level).map(at);
        return [quantileKey(level), { low, high }];
      }),
    );
  }
  return forecast;
}

/** The quantiles of a forecast as a table, its median and the bounds of its intervals among them. */
export function tableOf(forecast: Forecast): { levels: number[]; steps: number[][] } {
  const rows = new Map<number, readonly number[]>([[0.5, forecast.median]]);
  for (const [level, { low, high }] of Object.entries(forecast.intervals ?? {})) {
    const [from, to] = boundsOf(Number(level));
    rows.set(from, low).set(to, high);
  }
  for (const [key, values] of Object.entries(forecast.quantiles)) rows.set(Number(key), values);
  const levels = [...rows.keys()].sort((a, b) => a - b);
  return { levels, steps: forecast.median.map((_, t) => levels.map((level) => rows.get(level)![t])) };
}
