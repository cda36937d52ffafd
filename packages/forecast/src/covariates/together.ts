/**
 * Several series read jointly: each is forecast with the past of those beside it as covariates.
 *
 *   const { shop, warehouse } = await forecastTogether(f, { shop: […], warehouse: […] }, { horizon: 24 });
 *
 * Which ones may lead a series is read from correlations of what is new in both, ρ(l) of εₜ and the other's εₜ₋ₗ
 * (Haugh 1976); what they are worth is judged as for any covariate (forecast.ts), so that series that
 * have nothing to do with each other are forecast as if they were alone.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { mainSeason } from '../history.ts';
import { checkOptions } from '../options.ts';
import type { SeriesForecaster, Values } from '../types.ts';
import { checkValues } from '../values.ts';
import { type CovariateForecast, type CovariateOptions, forecastWithCovariates } from './forecast.ts';
import { innovations } from './regression.ts';

/** So many others are tried for one series, those that follow it most. */
const MOST_LEADERS = 4;
const MOST_LAG = 36;

/** All series are equally long and of the same steps; NaN where one has no value. The answer has their names. */
export async function forecastTogether(
  forecaster: SeriesForecaster,
  series: Readonly<Record<string, Values>>,
  options: CovariateOptions,
): Promise<Record<string, CovariateForecast>> {
  const names = Object.keys(series);
  requireOneLength(series, names);
  const { mode: _, ...plain } = options;
  const asked = checkOptions(plain);
  const fresh = names.map((name) => {
    const y = checkValues(series[name], name);
    return innovations(y, mainSeason(y, asked.season));
  });
  const forecasts: Record<string, CovariateForecast> = {};
  for (const [i, name] of names.entries()) {
    const past = Object.fromEntries(leadersOf(i, fresh).map((j) => [names[j], series[names[j]]]));
    forecasts[name] = await forecastWithCovariates(forecaster, series[name], { past }, options);
  }
  return forecasts;
}

function requireOneLength(series: Readonly<Record<string, Values>>, names: readonly string[]): void {
  if (names.length === 0) {
    throw new UsageError('forecast', 'there is no series, expected at least one, by name: { shop: [3, 5, 4], … }.');
  }
  const [first] = names;
  const other = names.find((name) => series[name].length !== series[first].length);
  if (other === undefined) return;
  throw new UsageError(
    'forecast',
    `'${other}' has ${series[other].length} values and '${first}' has ${series[first].length}, expected one length ` +
      'for series that are read together. Fill with NaN where one begins later, or forecast them one by one.',
  );
}

/** Those whose past goes furthest with the present of series i, the best first. */
function leadersOf(i: number, fresh: readonly Float64Array[]): number[] {
  const scores = fresh.map((other, j) => (j === i ? 0 : mostAlike(fresh[i], other)));
  return fresh
    .map((_, j) => j)
    .filter((j) => scores[j] > 0)
    .sort((a, b) => scores[b] - scores[a])
    .slice(0, MOST_LEADERS);
}

/** max |ρ(l)| over lags from 1 on. */
function mostAlike(x: Float64Array, leader: Float64Array): number {
  let most = 0;
  for (let lag = 1; lag <= Math.min(MOST_LAG, x.length / 4); lag++) {
    let [product, squares, others] = [0, 0, 0];
    for (let t = lag; t < x.length; t++) {
      const [a, b] = [x[t], leader[t - lag]];
      if (Number.isNaN(a) || Number.isNaN(b)) continue;
      product += a * b;
      squares += a * a;
      others += b * b;
    }
    if (squares > 0 && others > 0) most = Math.max(most, Math.abs(product) / Math.sqrt(squares * others));
  }
  return most;
}
