/** A forecaster of single series that is good enough to be improved: a season's profile and a smoothed level. */

import { normalQuantile } from '../../packages/core/src/math/normal.ts';
import { checkOptions } from '../../packages/forecast/src/baseOptions.ts';
import { shortestSeason } from '../../packages/forecast/src/history.ts';
import { forecastOf, GRID } from '../../packages/forecast/src/quantiles.ts';
import type { BaseOptions, Forecast, SeriesForecaster, Values } from '../../packages/forecast/src/types.ts';

const ALPHAS = [0.05, 0.2, 0.5, 1];

export class Smoothing implements SeriesForecaster {
  readonly name = 'smoothing';
  /** The series that it was given. */
  count = 0;

  async forecastAll(series: readonly Values[], options: BaseOptions): Promise<Forecast[]> {
    this.count += series.length;
    return series.map((values) => forecastOne(values, options));
  }
}

function forecastOne(values: Values, options: BaseOptions): Forecast {
  const checked = checkOptions(options);
  const y = Float64Array.from(values);
  const first = y.find((x) => !Number.isNaN(x)) ?? 0;
  const season = shortestSeason(y, checked.season);
  const profile = profileOf(y, y.length >= 2 * season ? season : 1);
  const at = (t: number) => profile[t % profile.length];
  const fits = ALPHAS.map((alpha) => {
    let level = first - at(0);
    let [error, count] = [0, 0];
    for (let t = 0; t < y.length; t++) {
      if (Number.isNaN(y[t])) continue;
      const gap = y[t] - at(t) - level;
      level += alpha * gap;
      error += gap * gap;
      count++;
    }
    return { alpha, level, deviation: Math.sqrt(error / Math.max(1, count)) };
  });
  const { alpha, level, deviation } = fits.reduce((a, b) => (b.deviation < a.deviation ? b : a));
  const steps = Array.from({ length: checked.horizon }, (_, h) => {
    const width = deviation * Math.sqrt(1 + h * alpha * alpha);
    return GRID.map((p) => level + at(y.length + h) + width * normalQuantile(p));
  });
  const floor = checked.nonNegative ? 0 : -Infinity;
  return forecastOf({ levels: GRID, steps: steps.map((row) => row.map((x) => Math.max(floor, x))) }, checked);
}

function profileOf(y: Float64Array, season: number): Float64Array {
  const sums = new Float64Array(season);
  const counts = new Float64Array(season);
  y.forEach((x, t) => {
    if (Number.isNaN(x)) return;
    sums[t % season] += x;
    counts[t % season]++;
  });
  const means = sums.map((sum, i) => (counts[i] > 0 ? sum / counts[i] : 0));
  const mean = means.reduce((sum, x) => sum + x, 0) / season;
  return means.map((x) => x - mean);
}
