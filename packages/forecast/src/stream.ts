/**
 * A series that is observed value by value.
 *
 *   const s = f.stream({ season: 24 });
 *   s.observe(17.2);   s.observe([17.9, Number.NaN, 18.4]);
 *   const { median } = await s.forecast({ horizon: 24 });
 *   const later = f.restoreStream(JSON.parse(JSON.stringify(s.save())));
 */
import { UsageError } from '@mamba-ts/core/errors';
import { complete, requireNames } from '@mamba-ts/core/schema';
import { baseFields, baseOptionsOf, type OptionsOf, requireObject, withLevelBounds } from './baseOptions.ts';
import { composeAnswer } from './compose/compose.ts';
import { skippedSteps } from './compose/prepare.ts';
import { withoutFirst } from './compose/withoutFirst.ts';
import { CONTEXT } from './model/window.ts';
import { fromFields } from './options.ts';
import { fieldsOf } from './part.ts';
import { answerParts } from './parts.ts';
import { RecentValues } from './recentValues.ts';
import { type SeasonOption, seasonHint } from './seasons.ts';
import type { BaseOptions, Forecast, SeriesForecaster, SeriesStream, StreamOptions, StreamState } from './types.ts';
import { checkObserved } from './values.ts';

const { season: _, ...seasonless } = baseFields;
const streamFields = { ...seasonless, ...fieldsOf(answerParts), ...fromFields };

/**
 * The options of a forecast that a stream has. `season` is an option of the stream itself; options that forecast windows
 * of the past or need times or covariates are missing.
 */
export interface StreamForecastOptions extends OptionsOf<typeof streamFields> {}

/** A stream as a forecaster makes it: its own, or one that reads the last 4,096 values again for each forecast. */
export function streamOf(forecaster: SeriesForecaster, options: StreamOptions = {}): SeriesStream {
  return forecaster.stream?.(options) ?? new RereadingStream(forecaster, options);
}

class RereadingStream implements SeriesStream {
  constructor(
    private readonly forecaster: SeriesForecaster,
    private readonly options: StreamOptions,
    private readonly values = new RecentValues(),
  ) {}

  observe(value: number): void {
    this.values.push(value);
  }

  async forecast(options: Omit<BaseOptions, 'season'>): Promise<Forecast> {
    const { season } = this.options;
    const window = this.values.window.slice(-CONTEXT);
    const [forecast] = await this.forecaster.forecastAll([window], { ...options, season });
    return forecast;
  }
}

/** A series that grows, and its forecasts. Memory is constant, whatever its length. */
export class ForecastStream {
  private constructor(
    private readonly inner: SeriesStream,
    private readonly values: RecentValues,
    private readonly season: SeasonOption | undefined,
  ) {}

  /** A stream that has observed nothing yet. */
  static of(forecaster: SeriesForecaster, options: StreamOptions = {}): ForecastStream {
    requireNames('stream', requireObject(options, 'stream'), ['season']);
    seasonHint(options.season, 'stream');
    return new ForecastStream(streamOf(forecaster, options), new RecentValues(), options.season);
  }

  /** Throws UsageError if the state is damaged. */
  static restore(forecaster: SeriesForecaster, state: StreamState): ForecastStream {
    const values = RecentValues.of(state);
    const { season } = state;
    const inner = forecaster.restoreStream?.(state) ?? streamOf(forecaster, { season });
    if (!forecaster.restoreStream) for (const value of values.window) inner.observe(value);
    return new ForecastStream(inner, values, season);
  }

  /** Values observed so far. */
  get count(): number {
    return this.values.count;
  }

  /** The next value, or several; NaN or null where one is missing. All of them are taken in, or none. */
  observe(values: number | null | ArrayLike<number | null>): void {
    if (typeof values !== 'object' || values === null) {
      this.take(checkObserved(values));
      return;
    }
    const checked = Array.from(values, (value, i) => checkObserved(value, `values[${i}]`));
    for (const value of checked) this.take(value);
  }

  private take(value: number): void {
    this.values.push(value);
    this.inner.observe(value);
  }

  /** The forecast from all values so far: equal to Forecaster.forecast of them. */
  async forecast(options: StreamForecastOptions): Promise<Forecast> {
    if ('season' in requireObject(options)) {
      throw new UsageError(
        'forecast',
        'season is an option of the stream, as f.stream({ season: 24 }): the values so far were read with it.',
      );
    }
    const checked = complete('forecast', streamFields, options);
    for (const part of answerParts) part.check?.(checked);
    if (this.count === 0) throw new UsageError('forecast', 'nothing was observed yet, expected at least one value.');
    const task = { id: 'values', name: 'the values observed', values: this.values.window, seasons: [] };
    const skipped = skippedSteps(task, checked);
    const plain = { forecastAll: async (_: unknown, base: BaseOptions) => [await this.inner.forecast(base)] };
    const base = { ...baseOptionsOf(withLevelBounds(checked)), horizon: skipped + checked.horizon };
    const [forecast] = await composeAnswer(plain, checked).forecastAll([task], base);
    return withoutFirst(forecast, skipped);
  }

  /** The state of the stream, as plain JSON: restoreStream continues from it. */
  save(): StreamState {
    return this.values.state(this.season);
  }

  /** Frees the state of the model. */
  dispose(): void {
    this.inner.dispose?.();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
