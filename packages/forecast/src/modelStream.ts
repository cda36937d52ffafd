/**
 * A series that the model reads value by value, in constant memory. The forecast equals that of the whole series.
 *
 * The stream keeps the values that may still be read, and the state of the model after the last patch. The state is
 * used until the next re-normalisation point (model/window.ts), where the series is read again.
 */
import type { SequenceModel } from '@mamba-ts/core/models';
import { answer } from './answer.ts';
import { checkOptions } from './baseOptions.ts';
import { advance, predict, type Quantiles } from './model/predict.ts';
import { Reading, type ReadingPlan, readingPlans } from './model/reading.ts';
import { EncoderSteps } from './model/seriesEncoder.ts';
import { Views } from './model/views.ts';
import { PATCH, type Span, spanOf } from './model/window.ts';
import { RecentValues } from './recentValues.ts';
import { type SeasonHint, seasonHint } from './seasons.ts';
import type { BaseOptions, Forecast, SeriesStream, StreamOptions } from './types.ts';
import { requireKnown } from './values.ts';

/** A stream of the model. */
export class ModelStream implements SeriesStream {
  private views?: Views;
  /** The re-normalisation point of the views. */
  private normalizedTo = 0;
  private readings: Reading[] = [];
  private readonly season: SeasonHint;

  constructor(
    private readonly model: SequenceModel,
    { season }: StreamOptions = {},
    private readonly values = new RecentValues(),
  ) {
    this.season = seasonHint(season);
  }

  observe(value: number): void {
    this.values.push(value);
  }

  async forecast(options: Omit<BaseOptions, 'season'>): Promise<Forecast> {
    const checked = checkOptions(options);
    const { horizon } = checked;
    const { count, window } = this.values;
    requireKnown(window, 'the values observed');
    const views = this.viewsAt(spanOf(count), window);
    const plans = readingPlans(views, count, horizon, this.season);
    const forecasts = plans.map((plan) => this.predicted(this.readingOf(plan), horizon));
    return answer(forecasts, window, checked);
  }

  dispose(): void {
    for (const { encoder } of this.readings) encoder.state?.dispose();
    this.readings = [];
    this.views = undefined;
  }

  /** The views of a span: the current ones, or new ones after a re-normalisation point. */
  private viewsAt({ start, normalizedTo }: Span, window: Float64Array): Views {
    if (this.views && this.normalizedTo === normalizedTo) {
      this.views.grow(window);
      return this.views;
    }
    this.dispose();
    this.normalizedTo = normalizedTo;
    this.views = new Views(window, normalizedTo - start, this.season);
    return this.views;
  }

  /** The reading of a plan: the current one, or a new one after a re-normalisation point. */
  private readingOf(plan: ReadingPlan): Reading {
    const index = this.readings.findIndex(
      ({ plan: { view, start } }) => view === plan.view && start > 0 === plan.start > 0,
    );
    const current = this.readings[index];
    if (current && current.plan.start === plan.start && current.plan.length === plan.length && !current.isLate) {
      return current;
    }
    current?.encoder.state?.dispose();
    const reading = new Reading(plan);
    this.readings.splice(index < 0 ? this.readings.length : index, 1, reading);
    return reading;
  }

  private predicted(reading: Reading, horizon: number): Quantiles[] {
    const { encoder, window } = reading;
    const patches = Math.ceil(horizon / PATCH);
    const steps = new EncoderSteps(patches);
    if (!encoder.isConstant) {
      this.catchUp(reading);
      encoder.ahead(window, patches, steps);
    }
    return predict(this.model, [{ reading, steps }], horizon, encoder.state)[0];
  }

  private catchUp({ encoder, window }: Reading): void {
    const count = encoder.stepsIn(window);
    if (count <= 0) return;
    const steps = new EncoderSteps(count);
    encoder.read(window, steps);
    advance(this.model, encoder, steps);
  }
}
