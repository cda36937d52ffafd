/**
 * A series that the model reads value by value, in constant memory. The forecast equals that of the whole series.
 *
 * The stream keeps the values that may still be read, and the state of the model after the last patch. The state is
 * used until the next re-normalisation point (model/window.ts), where the series is read again.
 */
import type { SequenceModel } from '@mamba-ts/core/models';
import { answer, constant } from './answer.ts';
import { checkOptions } from './baseOptions.ts';
import { advance, meanOfForecasts, predict, type Quantiles } from './model/predict.ts';
import { EncoderSteps, SeriesEncoder } from './model/seriesEncoder.ts';
import { CONTEXT, PATCH, type Span, shortSpanOf, spanOf } from './model/window.ts';
import { RecentValues } from './recentValues.ts';
import { type SeasonHint, seasonHint } from './seasons.ts';
import type { BaseOptions, Forecast, SeriesStream, StreamOptions } from './types.ts';
import { requireKnown } from './values.ts';

/** A window of the stream, with its encoder normalized at the last re-normalisation point. */
interface Reading {
  encoder: SeriesEncoder;
  readonly normalizedTo: number;
  /** Whether it is normalized by later values as well: it is then used once. */
  readonly isLate: boolean;
}

/** A stream of the model. */
export class ModelStream implements SeriesStream {
  private long?: Reading;
  private short?: Reading;
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
    const span = spanOf(count);
    requireKnown(window, 'the values observed');
    this.long = this.readingAt(this.long, span, window);
    const { encoder } = this.long;
    const forecasts = this.predicted(encoder, window, horizon);
    const shortSpan = shortSpanOf(count, encoder.normalization.seasons.first);
    if (shortSpan) {
      const shortWindow = window.subarray(shortSpan.start - span.start);
      this.short = this.readingAt(this.short, shortSpan, shortWindow);
      forecasts.push(...this.predicted(this.short.encoder, shortWindow, horizon));
    }
    const steps = forecasts.length > 0 ? meanOfForecasts(forecasts) : constant(encoder.location, horizon);
    return answer(steps, window, checked);
  }

  dispose(): void {
    for (const reading of [this.long, this.short]) reading?.encoder.state?.dispose();
    this.long = undefined;
    this.short = undefined;
  }

  /** The forecast from a window; none where its values are all equal. */
  private predicted(encoder: SeriesEncoder, window: Float64Array, horizon: number): Quantiles[][] {
    if (encoder.isConstant) return [];
    this.catchUp(encoder, window);
    const patches = Math.ceil(horizon / PATCH);
    const steps = new EncoderSteps(patches);
    encoder.ahead(window, patches, steps);
    return predict(this.model, [{ encoder, steps, window }], horizon, encoder.state);
  }

  /** The reading of a span: the current one, or a new one after a re-normalisation point. */
  private readingAt(reading: Reading | undefined, { start, normalizedTo }: Span, window: Float64Array): Reading {
    if (reading?.normalizedTo === normalizedTo && !reading.isLate) return reading;
    reading?.encoder.state?.dispose();
    const length = normalizedTo - start;
    const encoder = SeriesEncoder.of(window, length, CONTEXT, this.season);
    return { normalizedTo, encoder, isLate: encoder.normalizedLength > length };
  }

  private catchUp(encoder: SeriesEncoder, window: Float64Array): void {
    const count = encoder.stepsIn(window);
    if (count <= 0) return;
    const steps = new EncoderSteps(count);
    encoder.read(window, steps);
    advance(this.model, encoder, steps);
  }
}
