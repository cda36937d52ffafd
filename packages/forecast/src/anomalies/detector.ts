/**
 * Anomalies as values come: each is held against what was forecast before it came.
 *
 *   const detector = new AnomalyDetector(forecaster, { falseAlarms: 0.01, season: 24 });
 *   const { anomaly, expected, low, high } = await detector.next(17.2);
 *
 * A score is |z| of the forecast's quantiles (surprise.ts). The last scores before a value say what is usual, and so
 * its threshold (calibration.ts). A flagged value would drag the next forecasts along, so it enters the history drawn
 * in, halfway between what was expected and the bound that it crossed (robust filtering, as in Gelper, Fried & Croux
 * 2010; as missing, it would keep a lasting change out for ever). If `patience` values in a row are flagged, the
 * series is elsewhere now, and values enter as they are.
 */
import { normalQuantile } from '@mamba-ts/core/math';
import { GRID, tableOf } from '../quantiles.ts';
import { streamOf } from '../stream.ts';
import type { SeriesForecaster, SeriesStream } from '../types.ts';
import { checkValue } from '../values.ts';
import { Calibration, type Threshold } from './calibration.ts';
import { type CheckedDetector, checkDetector, type DetectorOptions } from './options.ts';
import { boundsOf, type Spread, surprise, tailProbability, valueAt, zLevels } from './surprise.ts';

/** What is said of one value. */
export interface Judgement {
  value: number;
  /** The median that was forecast; NaN at the start. */
  expected: number;
  /** Between these a value is normal. */
  low: number;
  high: number;
  /** |z|, as of a standard normal distribution; NaN for a missing value, and at the start. */
  score: number;
  /** Of a value at least as far out, by the forecast's own quantiles. */
  probability: number;
  anomaly: boolean;
  /** start: not forecast. calibration: too few scores came before it. judged: the rate is promised. */
  phase: 'start' | 'calibration' | 'judged';
}

/** Of the threshold: where a flagged value is drawn to. At 1 the next forecast could be off by a whole threshold. */
const DRAWN_IN = 0.5;

/** Of the mean error so far: what a z is worth at least. */
const LEAST_SPREAD = 0.01;

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

  /** What a score must exceed, as of now. */
  get threshold(): Threshold {
    return this.limit;
  }

  /** Scores that it was taken from, the last ones; 0 with `level`. */
  get calibrated(): number {
    return this.scores.count;
  }

  /** What was forecast for the value judged last; undefined at the start. */
  get spread(): Spread | undefined {
    return this.last;
  }

  /** Judges a value, and takes it into the history. */
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
      isOut ? valueAt(spread, DRAWN_IN * this.limit.value * Math.sign(value - judgement.expected)) : value,
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
    const least = count > 0 ? (LEAST_SPREAD * sum) / count : 0;
    return tableOf(found).steps.map((values) => ({ z: this.z, values, least }));
  }
}
