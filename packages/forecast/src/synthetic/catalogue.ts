/**
 * The mixture of synthetic series that the forecaster is trained on: weighted priors, combinations, augmentations and
 * faults of measurement.
 *
 *   const random = new Random(1337);
 *   const { values, prior, season } = sampleSeries(random, 2048);   // NaN where missing
 *
 * Equal random states give equal series. `sampleSeries(seeded.fork('series 7'), 2048)` draws a single one of many. No
 * real series is used. A mixture of many generators is better than the best single one (Nagpal et al. 2026, "Mix,
 * Don't Pick"), so no weight is large.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Random } from '@mamba-ts/core/random';
import { augmented } from './augment.ts';
import { combined } from './combine.ts';
import { chance, pickWeighted } from './draw.ts';
import { launched, missing, outliers, placed, rounded, stuck } from './observe.ts';
import { arima } from './priors/arima.ts';
import { bursts, counts, intermittent } from './priors/counts.ts';
import { dailyLife } from './priors/dailyLife.ts';
import { exponentialSmoothing } from './priors/exponentialSmoothing.ts';
import { gaussianProcess } from './priors/gaussianProcess.ts';
import { localLevel } from './priors/localLevel.ts';
import { oscillator } from './priors/oscillators.ts';
import { regimes } from './priors/regimes.ts';
import { sales } from './priors/sales.ts';
import { sensor } from './priors/sensors.ts';
import { trendSeason } from './priors/trendSeason.ts';
import { volatility } from './priors/volatility.ts';
import { waves } from './priors/waves.ts';
import type { Draft } from './vector.ts';

/** A drawn series. */
export interface SyntheticSeries {
  /** NaN where missing. */
  values: Float32Array;
  /** Its prior in the catalogue; the priors of a combination are joined by '+'. */
  prior: string;
  /** Steps of the main season that was drawn, if any. Noise and augmentations may have weakened it. */
  season?: number;
}

/** A generator of series. */
export interface Prior {
  readonly name: string;
  readonly draw: (random: Random, length: number) => Draft;
  readonly weight: number;
}

/** All priors. */
export const CATALOGUE: readonly Prior[] = [
  { name: 'dailyLife', draw: dailyLife, weight: 18 },
  { name: 'trendSeason', draw: trendSeason, weight: 11 },
  { name: 'gaussianProcess', draw: gaussianProcess, weight: 11 },
  { name: 'localLevel', draw: localLevel, weight: 11 },
  { name: 'sensor', draw: sensor, weight: 12 },
  { name: 'arima', draw: arima, weight: 10 },
  { name: 'regimes', draw: regimes, weight: 8 },
  { name: 'exponentialSmoothing', draw: exponentialSmoothing, weight: 7 },
  { name: 'sales', draw: sales, weight: 6 },
  { name: 'waves', draw: waves, weight: 5 },
  { name: 'oscillator', draw: oscillator, weight: 4 },
  { name: 'volatility', draw: volatility, weight: 4 },
  { name: 'counts', draw: counts, weight: 4 },
  { name: 'intermittent', draw: intermittent, weight: 4 },
  { name: 'bursts', draw: bursts, weight: 1.5 },
];

/** The probabilities of a combination and of each fault of measurement. */
const COMBINED = 0.2;
const FAULTS = { launched: 0.02, outliers: 0.08, stuck: 0.02, rounded: 0.15, missing: 0.1 };

/**
 * Draws one series of `length` values.
 * @throws UsageError
 */
export function sampleSeries(random: Random, length: number): SyntheticSeries {
  if (!Number.isSafeInteger(length) || length < 1) {
    throw new UsageError('sampleSeries', `length is ${length}, expected a whole number ≥ 1.`);
  }
  for (;;) {
    const series = draw(random, length);
    if (isAlive(series.values)) return series;
  }
}

function draw(random: Random, length: number): SyntheticSeries {
  const priors = [pickWeighted(random, CATALOGUE)];
  if (chance(random, COMBINED)) {
    priors.push(pickWeighted(random, CATALOGUE));
    if (chance(random, 0.3)) priors.push(pickWeighted(random, CATALOGUE));
  }
  const drafts = priors.map((prior) => prior.draw(random, length));
  const draft = augmented(random, drafts.length > 1 ? combined(random, drafts) : drafts[0]);
  const values = placed(random, draft);
  if (draft.support && draft.support !== 'counts' && chance(random, FAULTS.launched)) launched(random, values);
  if (chance(random, FAULTS.outliers)) outliers(random, values, draft.support);
  if (chance(random, FAULTS.stuck)) stuck(random, values);
  if (chance(random, FAULTS.rounded) && draft.support !== 'counts') rounded(random, values);
  if (chance(random, FAULTS.missing)) missing(random, values, draft.season);
  return {
    values: Float32Array.from(values),
    prior: priors.map(({ name }) => name).join('+'),
    season: draft.season !== undefined && 2 * draft.season <= length ? draft.season : undefined,
  };
}

/** Whether values are finite or missing, at least half are known, and few repeat the one before. */
function isAlive(values: Float32Array): boolean {
  let [seen, still, last] = [0, 0, Number.NaN];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (!(Math.abs(value) < 1e30)) return false;
    seen++;
    if (value === last) still++;
    last = value;
  }
  return values.length < 8 ? seen > 0 : 2 * seen >= values.length && still < 0.97 * (seen - 1);
}
