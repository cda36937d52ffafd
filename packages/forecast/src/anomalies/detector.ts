/**
 * Anomalies value by value: each value is compared with the forecast that was made before it came.
 *
 *   const detector = new AnomalyDetector(forecaster, { falseAlarms: 0.01, season: 24 });
 *   const { anomaly, expected, low, high } = await detector.next(17.2);
 *
 * The score of a value is |z|, from the quantiles of its forecast (surprise.ts). Its threshold comes from the last scores
 * before it (calibration.ts). A flagged value would distort the next forecasts, so it enters the history halfway between
 * the expected value and the bound that it crossed (robust filtering, as in Gelper, Fried & Croux 2010; as a missing
 * value, it would hide a lasting change for ever). After `patience` flagged values in a row, the series has a new level,
 * and values enter the history unchanged.
 */
import { normalQuantile } from '@mamba-ts/core/math';
import { GRID, tableOf } from '../quantiles.ts';
import { streamOf } from '../stream.ts';
import type { SeriesForecaster, SeriesStream } from '../types.ts';
import { checkValue } from '../values.ts';
import { Calibration, type Threshold } from './calibration.ts';
import { type CheckedDetector, checkDetector, type DetectorOptions } from './options.ts';
import { boundsOf, type Spread, surprise, tailProbability, valueAt, zLevels } from './surprise.ts';

/** The result for one value. */
export interface Judgement {
  value: number;
  /** The median that was forecast; NaN at the start. */
  expected: number;
  /** Values between `low` and `high` are normal. */
  low: number;
  high: number;
  /** |z|: as far out as in a standard normal distribution. NaN for a missing value, and at the start. */
  score: number;
  /** The probability of a value at least as far out, by the quantiles of the forecast. */
  probability: number;
  anomaly: boolean;
  /** start: there was no forecast. calibration: too few scores came before. judged: the rate is promised. */
  phase: 'start' | 'calibration' | 'judged';
}

/** Flagged values are moved to this part of the threshold. At 1 the next forecast could be off by the whole of it. */
const MOVED_TO = 0.5;

/** One z is worth at least this part of the mean error so far. */
const MIN_SPREAD = 0.01;

/** Finds anomalies value by value, in constant memory. */
export class AnomalyDetector {
  private readonly stream: SeriesStream;
  private readonly options: CheckedDetector;
  private readonly scores: Calibration;
  private readonly z = zLevels(GRID);
  private queue: Spread[] = [];
  private seen = 0;
  private inARow = 0;
  private errors = { sum: 0, count: 0 };
  private limit: Threshold;
  private last?: Spread;

  constructor(forecaster: SeriesForecaster, options: DetectorOptions = {}) {
    this.options = checkDetector(options);
    this.scores = new Calibration(this.options.calibration);
    this.stream = streamOf(forecaster, { season: options.season });
    const { level } = this.options;
    this.limit = {
      value: level === undefined ? Infinity : normalQuantile((100 + level) / 200),
      extended: false,
      leftOut: 0,
    };
  }

  /** The threshold for the next value. */
  get threshold(): Threshold {
    return this.limit;
  }

  /** The number of scores that the threshold is taken from; 0 with `level`. */
  get calibrated(): number {
    return this.scores.count;
  }

  /** The forecast of the last value; undefined at the start. */
  get spread(): Spread | undefined {
    return this.last;
  }

  /** Judges the next value, and adds it to the history. NaN: it is missing. */
  async next(value: number): Promise<Judgement> {
    checkValue(value);
    if (this.seen < this.options.start) {
      if (!Number.isNaN(value)) this.seen++;
      this.stream.observe(value);
      const nothing = { expected: Number.NaN, low: Number.NaN, high: Number.NaN, score: Number.NaN };
      return { value, ...nothing, probability: Number.NaN, anomaly: false, phase: 'start' };
    }
    if (this.queue.length === 0) this.queue = await this.forecast();
    const spread = this.queue.shift()!;
    this.last = spread;
    const judgement = this.judge(value, spread);
    this.inARow = judgement.anomaly ? this.inARow + 1 : Number.isNaN(value) ? this.inARow : 0;
    const isOut = judgement.anomaly && !this.options.keep && this.inARow < this.options.patience;
    this.stream.observe(
      isOut ? valueAt(spread, MOVED_TO * this.limit.value * Math.sign(value - judgement.expected)) : value,
    );
    return judgement;
  }

  /** Frees the stream of the forecaster. */
  dispose(): void {
    this.stream.dispose?.();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private judge(value: number, spread: Spread): Judgement {
    const { calibration, level, falseAlarms } = this.options;
    const isCalibrating = level === undefined && this.scores.count < calibration;
    const limit = this.limit.value;
    const expected = valueAt(spread, 0);
    const z = Number.isNaN(value) ? Number.NaN : surprise(spread, value);
    const score = Math.abs(z);
    if (!Number.isNaN(z)) {
      this.errors.sum += Math.abs(value - expected);
      this.errors.count++;
      if (level === undefined) {
        this.scores.add(score);
        this.limit = this.scores.threshold(falseAlarms);
      }
    }
    return {
      ...{ value, expected, ...boundsOf(spread, limit), score },
      probability: tailProbability(z),
      anomaly: score > limit,
      phase: isCalibrating ? 'calibration' : 'judged',
    };
  }

  private async forecast(): Promise<Spread[]> {
    const { every, nonNegative, integer } = this.options;
    const found = await this.stream.forecast({ horizon: every, quantiles: GRID, nonNegative, integer });
    const { sum, count } = this.errors;
    const least = count > 0 ? (MIN_SPREAD * sum) / count : 0;
    return tableOf(found).steps.map((values) => ({ z: this.z, values, least }));
  }
}
