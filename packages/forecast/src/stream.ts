/**
 * A series whose values come one by one, for years: a bounded memory, and the forecast of the whole series at once.
 *
 *   const s = f.stream({ season: 24 });
 *   s.observe(17.2);   s.observe([17.9, Number.NaN, 18.4]);
 *   const { median } = await s.forecast({ horizon: 24 });
 *   const later = f.restoreStream(JSON.parse(JSON.stringify(s.save())));
 *
 * What is kept are the values that may still be read, and the state of the model behind the last patch. The
 * state is used until the next re-normalisation point (model/window.ts), where the series is read again.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { SequenceModel } from '@mamba-ts/core/models';
import { answer, flat } from './answer.ts';
import { advance, predict } from './model/predict.ts';
import { EncoderSteps, SeriesEncoder } from './model/seriesEncoder.ts';
import { CONTEXT, PATCH, spanOf } from './model/window.ts';
import { checkOptions, withBounds } from './options.ts';
import { type SeasonHint, type SeasonOption, seasonHint } from './seasons.ts';
import type { Forecast, ForecastOptions } from './types.ts';
import { checkObserved, requireKnown } from './values.ts';

export interface StreamOptions {
  /** Steps of a season, or of several. Default: found in the values. 1: none. */
  season?: SeasonOption;
}

/** Plain JSON. */
export interface StreamState {
  version: 1;
  season?: SeasonOption;
  /** Values observed in all. */
  count: number;
  /** The last of them; null: missing. */
  values: (number | null)[];
}

/** Room for what is read, and as much again before it is moved to the front. */
const ROOM = 2 * (CONTEXT + CONTEXT / 8);

export class ForecastStream {
  private readonly values = new Float64Array(ROOM);
  /** Values in `values`, and which of the series is its first. */
  private held = 0;
  private first = 0;
  private reading?: { encoder: SeriesEncoder; normalizedTo: number; isLate: boolean };
  private readonly seasons: SeasonHint;

  constructor(
    private readonly model: SequenceModel,
    private readonly options: StreamOptions = {},
  ) {
    this.seasons = seasonHint(options.season);
  }

  static restore(model: SequenceModel, state: StreamState): ForecastStream {
    const { version, season, count, values } = state ?? {};
    const isWhole = Number.isSafeInteger(count) && count >= 0 && values?.length === count - spanOf(count).start;
    if (version !== 1 || !Array.isArray(values) || !isWhole) {
      throw new UsageError(
        'restoreStream',
        'this is no state of a stream, expected what save() gave, whole and with version 1.',
      );
    }
    const stream = new ForecastStream(model, season === undefined ? {} : { season });
    stream.values.set(values.map((x, i) => checkObserved(x, `the state's values[${i}]`)));
    stream.held = values.length;
    stream.first = count - values.length;
    return stream;
  }

  /** Values observed so far. */
  get count(): number {
    return this.first + this.held;
  }

  /** The next value, or several; NaN or null where one is missing. All of them are taken in, or none. */
  observe(values: number | null | ArrayLike<number | null>): void {
    if (typeof values !== 'object' || values === null) {
      this.push(checkObserved(values));
      return;
    }
    const checked = Array.from(values, (value, i) => checkObserved(value, `values[${i}]`));
    for (const value of checked) this.push(value);
  }

  /** The future as it looks now: equal to Forecaster.forecast of all values so far. */
  async forecast(options: ForecastOptions): Promise<Forecast> {
    if (options?.season !== undefined) {
      throw new UsageError(
        'forecast',
        'season belongs to the stream, as f.stream({ season: 24 }): what was read so far depends on it.',
      );
    }
    const asked = withBounds(checkOptions(options));
    const { horizon } = asked;
    if (this.count === 0) throw new UsageError('forecast', 'nothing was observed yet, expected at least one value.');
    const { start, normalizedTo } = spanOf(this.count);
    const window = this.values.subarray(start - this.first, this.held);
    requireKnown(window, 'the values observed');
    const encoder = this.encoderAt(normalizedTo, window, normalizedTo - start);
    if (encoder.isConstant) return answer(flat(encoder.normalization.location, horizon), window, asked);
    this.catchUp(encoder, window);
    const patches = Math.ceil(horizon / PATCH);
    const steps = new EncoderSteps(patches);
    encoder.ahead(window, patches, steps);
    const [quantiles] = predict(this.model, [{ encoder, steps, window }], horizon, encoder.state);
    return answer(quantiles, window, asked);
  }

  /** What is needed to go on elsewhere, as plain JSON. */
  save(): StreamState {
    const { start } = spanOf(this.count);
    const values = Array.from(this.values.subarray(start - this.first, this.held), (x) => (Number.isNaN(x) ? null : x));
    const { season } = this.options;
    return { version: 1, ...(season !== undefined && { season }), count: this.count, values };
  }

  /** Gives the memory of the state back. */
  dispose(): void {
    this.reading?.encoder.state?.dispose();
    this.reading = undefined;
  }

  /** The encoder normalized at `normalizedTo`: the current one, or a new one. One that is normalized by later values is used once. */
  private encoderAt(normalizedTo: number, window: Float64Array, length: number): SeriesEncoder {
    if (this.reading?.normalizedTo !== normalizedTo || this.reading.isLate) {
      this.dispose();
      const encoder = SeriesEncoder.of(window, length, CONTEXT, this.seasons);
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

  private push(value: number): void {
    if (this.held === ROOM) {
      const { start } = spanOf(this.count);
      this.values.copyWithin(0, start - this.first, this.held);
      this.held -= start - this.first;
      this.first = start;
    }
    this.values[this.held++] = value;
  }
}
