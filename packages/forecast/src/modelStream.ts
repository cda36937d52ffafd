/**
 * A series that the model reads value by value, in constant memory. The forecast equals that of the whole series.
 *
 * The stream keeps the values that may still be read, and the state of the model after the last patch. The state is
 * used until the next re-normalisation point (model/window.ts), where the series is read again.
 */
import type { SequenceModel } from '@mamba-ts/core/models';
import { answer, constant } from './answer.ts';
import { checkOptions } from './baseOptions.ts';
import { advance, predict } from './model/predict.ts';
import { EncoderSteps, SeriesEncoder } from './model/seriesEncoder.ts';
import { CONTEXT, PATCH, spanOf } from './model/window.ts';
import { RecentValues } from './recentValues.ts';
import { type SeasonHint, seasonHint } from './seasons.ts';
import type { BaseOptions, Forecast, SeriesStream, StreamOptions } from './types.ts';
import { requireKnown } from './values.ts';

/** A stream of the model. */
export class ModelStream implements SeriesStream {
  private reading?: { encoder: SeriesEncoder; normalizedTo: number; isLate: boolean };
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
    const { start, normalizedTo } = spanOf(count);
    requireKnown(window, 'the values observed');
    const encoder = this.encoderAt(normalizedTo, window, normalizedTo - start);
    if (encoder.isConstant) return answer(constant(encoder.normalization.location, horizon), window, checked);
    this.catchUp(encoder, window);
    const patches = Math.ceil(horizon / PATCH);
    const steps = new EncoderSteps(patches);
    encoder.ahead(window, patches, steps);
    const [quantiles] = predict(this.model, [{ encoder, steps, window }], horizon, encoder.state);
    return answer(quantiles, window, checked);
  }

  dispose(): void {
    this.reading?.encoder.state?.dispose();
    this.reading = undefined;
  }

  /** The encoder normalized at `normalizedTo`: the current one, or a new one. One normalized by later values is used once. */
  private encoderAt(normalizedTo: number, window: Float64Array, length: number): SeriesEncoder {
    if (this.reading?.normalizedTo !== normalizedTo || this.reading.isLate) {
      this.dispose();
      const encoder = SeriesEncoder.of(window, length, CONTEXT, this.season);
      this.reading = { normalizedTo, encoder, isLate: encoder.normalizedLength > length };
    }
    return this.reading.encoder;
  }

  private catchUp(encoder: SeriesEncoder, window: Float64Array): void {
    const count = encoder.stepsIn(window);
    if (count <= 0) return;
    const steps = new EncoderSteps(count);
    encoder.read(window, steps);
    advance(this.model, encoder, steps);
  }
}
