/** Series from known processes, and the error of forecasts of them. */

import type { Random } from '../../packages/core/src/random.ts';
import { gridLoss } from '../../packages/forecast/src/metrics/quantileErrors.ts';
import { GRID, tableOf } from '../../packages/forecast/src/quantiles.ts';
import type { Forecast } from '../../packages/forecast/src/types.ts';

export const noise = (random: Random, n: number): number[] => Array.from({ length: n }, () => random.normal());

/** An AR(1) process, xₜ = a xₜ₋₁ + εₜ; a random walk for a = 1. */
export function autoregressive(random: Random, n: number, a: number): number[] {
  let x = 0;
  return Array.from({ length: n }, () => {
    x = a * x + random.normal();
    return x;
  });
}

export const wave = (t: number, season: number): number => Math.sin((2 * Math.PI * t) / season);

/** The mean pinball loss over GRID. */
export const quantileError = (forecast: Forecast, actual: readonly number[]): number =>
  gridLoss(actual, tableOf(forecast).steps) / (actual.length * GRID.length);
