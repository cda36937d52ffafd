/**
 * Anomalies of a series that is known whole: every value held against the forecast from those before it.
 *
 *   const { rows, flagged, expected } = await detectAnomalies(forecaster, values, { falseAlarms: 0.01, season: 24 });
 *   rows.filter(({ anomaly }) => anomaly);
 *
 * Half of what is forecast calibrates, at most 1,000 values before each one. The first of them are flagged in
 * hindsight, by the threshold that they give together. The rate is promised for the values after them.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { defaultStart } from '../history.ts';
import type { SeriesForecaster, Values } from '../types.ts';
import { checkValues } from '../values.ts';
import { expectedAlarms, LEAST_SCORES } from './calibration.ts';
import { AnomalyDetector, type DetectorOptions, type Judgement } from './detector.ts';
import { boundsOf, type Spread } from './surprise.ts';
import type { Streaming } from './walk.ts';

export interface Detection {
  /** One for each value. */
  rows: Judgement[];
  /** The score above which the next value would be flagged. */
  threshold: number;
  /** Whether fewer scores calibrated it than the rate needs: its tail is a guess then. */
  extended: boolean;
  /** Scores that calibrated it; 0 with `level`. */
  calibration: number;
  /** Values that were judged: of them `rate` are expected as false alarms if all are normal. */
  judged: number;
  rate: number;
  /** False alarms to be expected of them, and about 95 % of what can be seen. */
  expected: { mean: number; range: [number, number] };
  /** What was flagged of them. */
  flagged: number;
}

const MOST_CALIBRATION = 1000;

export interface DetectionOptions extends DetectorOptions {
  /** Told of the part that is done, 0 to 1. */
  onProgress?: (done: number) => void;
}

export async function detectAnomalies(
  forecaster: SeriesForecaster | Streaming,
  values: Values,
  { onProgress, ...options }: DetectionOptions = {},
): Promise<Detection> {
  const y = checkValues(values);
  const start = options.start ?? defaultStart(options.season);
  const scored = Math.max(0, y.filter((x) => !Number.isNaN(x)).length - start);
  const usual = Math.min(MOST_CALIBRATION, Math.max(LEAST_SCORES, Math.floor(scored / 2)));
  const calibration = options.calibration ?? usual;
  const detector = new AnomalyDetector(forecaster, { ...options, start, calibration });
  const least = options.level === undefined ? calibration + LEAST_SCORES : 1;
  if (scored < least) {
    throw new UsageError(
      'anomalies',
      `${scored} values come after the first ${start}, expected at least ${least} to calibrate on and to judge. ` +
        'Give a longer series, a smaller start, or a level instead of a rate of false alarms.',
    );
  }
  const rows: Judgement[] = [];
  const spreads: Spread[] = [];
  let first = detector.threshold;
  for (const value of y) {
    const row = await detector.next(value);
    rows.push(row);
    if (row.phase === 'calibration') {
      spreads.push(detector.spread as Spread);
      first = detector.threshold;
    }
    onProgress?.(rows.length / y.length);
  }
  const { value: threshold, extended } = detector.threshold;
  const calibrated = detector.calibrated;
  detector.dispose();
  for (const row of rows) {
    if (row.phase !== 'calibration') continue;
    Object.assign(row, boundsOf(spreads.shift()!, first.value), { anomaly: row.score > first.value });
  }
  const judged = rows.filter(({ phase, score }) => phase === 'judged' && !Number.isNaN(score));
  const rate = options.level === undefined ? (options.falseAlarms ?? 0.01) : 1 - options.level / 100;
  return {
    ...{ rows, threshold, extended, calibration: calibrated, judged: judged.length, rate },
    expected: expectedAlarms(judged.length, rate, options.level === undefined ? calibrated : Number.MAX_SAFE_INTEGER),
    flagged: judged.filter(({ anomaly }) => anomaly).length,
  };
}
