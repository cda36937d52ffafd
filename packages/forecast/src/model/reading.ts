/**
 * A reading: the values that the network reads of a series, from a start on, and the encoder that has read them.
 *
 * Each view is read as a whole. Of a long series, the last 1,024 values of the first view are read once more: the mean
 * of the forecasts has smaller errors than any of them.
 */
import type { SeasonHint } from '../seasons.ts';
import type { Seasons } from './seasons.ts';
import { SeriesEncoder } from './seriesEncoder.ts';
import type { View, Views } from './views.ts';
import { PATCH, shortSpanOf, spanOf } from './window.ts';

/** What a reading begins with. */
export interface ReadingPlan {
  readonly view: View;
  /** Index in the values of the view. */
  readonly start: number;
  /** Values from `start` up to the re-normalisation point. */
  readonly length: number;
  /** The view holds this multiple of the values. */
  readonly factor: number;
  /** What is known of its seasons. */
  readonly season?: SeasonHint | Seasons;
}

/** The readings of a series of `count` values. */
export function readingPlans(views: Views, count: number, horizon: number, season?: SeasonHint): ReadingPlan[] {
  const { start, normalizedTo } = spanOf(count);
  const plans: ReadingPlan[] = views.list(horizon).map((view) => ({
    view,
    start: 0,
    length: normalizedTo - start - view.from,
    factor: views.factor,
    season: view.from === 0 ? (views.found ?? season) : undefined,
  }));
  const short = shortSpanOf(count, views.seasons.first);
  if (short) {
    plans.push({ ...plans[0], start: short.start - start, length: short.normalizedTo - short.start, season });
  }
  return plans;
}

/** A reading, which goes on as its view grows. */
export class Reading {
  readonly encoder: SeriesEncoder;
  /** Whether it is normalized by values after the re-normalisation point as well: it is then used once. */
  readonly isLate: boolean;

  /** `ahead`: the steps beyond the values that there will be room for. */
  constructor(
    readonly plan: ReadingPlan,
    ahead = 0,
  ) {
    const { window } = this;
    this.encoder = SeriesEncoder.of(window, plan.length, window.length + ahead * PATCH, plan.season);
    this.isLate = this.encoder.normalizedLength > plan.length;
  }

  /** The values so far. */
  get window(): Float64Array {
    return this.plan.view.values.subarray(this.plan.start);
  }
}
