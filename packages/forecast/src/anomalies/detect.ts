/**
 * Anomalies of series that are known whole: every value is compared with the forecast from the values before it.
 *
 *   const { rows, flagged, expected } = await detectAnomalies(forecaster, values, { falseAlarms: 0.01, season: 24 });
 *   rows.filter(({ anomaly }) => anomaly);
 *
 * Half of the scores, at most the last 1,000, calibrate the threshold. The first of them are flagged afterwards, by the
 * threshold that they give together. The rate of false alarms is promised for the values after them.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { isSeveral, isTable } from '../compose/inputs.ts';
import { ResultStream } from '../resultStream.ts';
import { calendarSeasons } from '../seasons.ts';
import type { TableSeries, TimeTable } from '../timeTable/index.ts';
import type { SeriesForecaster, Values } from '../types.ts';
import { checkValues } from '../values.ts';
import { expectedAlarms, MIN_SCORES } from './calibration.ts';
import { AnomalyDetector, type Judgement } from './detector.ts';
import { checkDetector, type DetectorOptions } from './options.ts';
import { boundsOf, type Spread } from './surprise.ts';

/** The anomalies of a series. */
export interface Detection {
  /** One for each value. */
  rows: Judgement[];
  /** The score above which the next value would be flagged. */
  threshold: number;
  /** Whether it is extrapolated, because there are too few scores for the rate: then the rate is a guess. */
  extended: boolean;
  /** Scores that calibrated it; 0 with `level`. */
  calibration: number;
  /** Values for which the rate is promised. */
  judged: number;
  rate: number;
  /** The expected number of false alarms among them if all are normal, and a range that holds about 95 % of the time. */
  expected: { mean: number; range: [number, number] };
  /** Flagged values among them. */
  flagged: number;
}

const MAX_CALIBRATION = 1000;

/** The options of detectAnomalies. */
export interface DetectionOptions extends DetectorOptions {
  /** Called with the share of a series that is done, 0 to 1, and with its id in a table. */
  onProgress?: (done: number, id?: string) => void;
}

/** A series of a table with its anomalies, or with the reason why it was refused, such as too few values. */
export type SeriesDetection = { readonly series: TableSeries } & (
  | { readonly detection: Detection; readonly refused?: undefined }
  | { readonly detection?: undefined; readonly refused: UsageError }
);

/** The anomalies of one series, NaN where a value is missing. */
export function detectAnomalies(
  forecaster: SeriesForecaster,
  values: Values,
  options?: DetectionOptions,
): Promise<Detection>;
/** The anomalies of several series, in the same order. */
export function detectAnomalies(
  forecaster: SeriesForecaster,
  series: readonly Values[],
  options?: DetectionOptions,
): Promise<Detection[]>;
/** The anomalies of all series of a table. Seasons are those of the calendar, unless `season` is given. */
export function detectAnomalies(
  forecaster: SeriesForecaster,
  table: TimeTable,
  options?: DetectionOptions,
): ResultStream<SeriesDetection>;
export function detectAnomalies(
  forecaster: SeriesForecaster,
  input: Values | readonly Values[] | TimeTable,
  options: DetectionOptions = {},
): Promise<Detection | Detection[]> | ResultStream<SeriesDetection> {
  if (isTable(input)) return new ResultStream(() => detectInTable(forecaster, input, options));
  if (!isSeveral(input)) return detectOne(forecaster, input, options);
  return detectSeveral(forecaster, input, options);
}

async function detectSeveral(
  forecaster: SeriesForecaster,
  series: readonly Values[],
  options: DetectionOptions,
): Promise<Detection[]> {
  const found: Detection[] = [];
  for (const [i, values] of series.entries()) found.push(await detectOne(forecaster, values, options, `series ${i}`));
  return found;
}

async function* detectInTable(
  forecaster: SeriesForecaster,
  table: TimeTable,
  { onProgress, ...options }: DetectionOptions,
): AsyncGenerator<SeriesDetection, void> {
  checkDetector(options);
  for await (const series of table.series()) {
    const season = options.season ?? calendarSeasons(series.seasons);
    const progress = onProgress && ((done: number) => onProgress(done, series.id));
    try {
      yield {
        series,
        detection: await detectOne(forecaster, series.values, { ...options, season, onProgress: progress }),
      };
    } catch (error) {
      // One series that is too short does not stop the others.
      if (!(error instanceof UsageError)) throw error;
      yield { series, refused: error };
    }
  }
}

async function detectOne(
  forecaster: SeriesForecaster,
  values: Values,
  { onProgress, ...options }: DetectionOptions,
  name?: string,
): Promise<Detection> {
  const y = checkValues(values, name);
  const { start } = checkDetector(options);
  const scored = Math.max(0, y.filter((x) => !Number.isNaN(x)).length - start);
  const usual = Math.min(MAX_CALIBRATION, Math.max(MIN_SCORES, Math.floor(scored / 2)));
  const calibration = options.calibration ?? usual;
  const detector = new AnomalyDetector(forecaster, { ...options, start, calibration });
  const least = options.level === undefined ? calibration + MIN_SCORES : 1;
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
