/**
 * The zero-shot forecaster: the past of any series in, quantiles of its future out, without training.
 *
 *   const f = await loadForecaster();
 *   const { median, intervals } = await f.forecast(values, { horizon: 24, levels: [80, 95] });
 *   const s = f.stream();   s.observe(17.2);   await s.forecast({ horizon: 24 });
 *
 * A Mamba that learnt from synthetic series alone (synthetic/) reads patches of 16 values and answers with
 * quantiles of the patches that follow (model/). Of a long series it reads the last 4,096 values.
 */
import type { SequenceModel } from '@mamba-ts/core/models';
import { answer, flat } from './answer.ts';
import { type EncodedSeries, predict } from './model/predict.ts';
import { EncoderSteps, SeriesEncoder } from './model/seriesEncoder.ts';
import { PATCH, spanOf } from './model/window.ts';
import { type CheckedOptions, checkOptions, withBounds } from './options.ts';
import { ForecastStream, type StreamOptions, type StreamState } from './stream.ts';
import type { Forecast, ForecastOptions, SeriesForecaster, Values } from './types.ts';
import { checkValues, requireKnown } from './values.ts';

/** Steps that the network reads at once: enough to fill the cores, and little memory. */
const STEPS_AT_ONCE = 8192;

export class Forecaster implements SeriesForecaster {
  constructor(
    readonly model: SequenceModel,
    readonly name = 'mamba-ts',
  ) {}

  forecast(values: Values, options: ForecastOptions): Promise<Forecast>;
  forecast(series: readonly Values[], options: ForecastOptions): Promise<Forecast[]>;
  /** One series, NaN where a value is missing, or several: their forecasts come in the same order. The bounds of `levels` are among the quantiles, too. */
  async forecast(values: Values | readonly Values[], options: ForecastOptions): Promise<Forecast | Forecast[]> {
    const asked = withBounds(checkOptions(options));
    if (isSeveral(values)) return this.forecastAll(values, asked);
    const [forecast] = await this.forecastAll([values], asked);
    return forecast;
  }

  async forecastAll(series: readonly Values[], options: ForecastOptions): Promise<Forecast[]> {
    const asked = checkOptions(options);
    const checked = series.map((values, i) => {
      const name = series.length > 1 ? `series ${i}` : 'values';
      const numbers = checkValues(values, name);
      requireKnown(numbers.subarray(spanOf(numbers.length).start), name);
      return numbers;
    });
    const forecasts = new Array<Forecast>(series.length);
    for (const group of groupsOf(checked, asked.horizon)) {
      const answers = this.answerAll(
        group.map((i) => checked[i]),
        asked,
      );
      group.forEach((i, k) => {
        forecasts[i] = answers[k];
      });
      // Signals, timers and other requests get their turn.
      if (series.length > 1) await new Promise((resolve) => setTimeout(resolve));
    }
    return forecasts;
  }

  private answerAll(series: readonly Float64Array[], asked: CheckedOptions): Forecast[] {
    const { horizon } = asked;
    const read = series.map((values) => readingOf(values, asked));
    const varying = read.filter(({ encoder }) => !encoder.isConstant);
    const predicted = varying.length > 0 ? predict(this.model, varying, horizon) : [];
    const quantiles = new Map(varying.map(({ encoder }, i) => [encoder, predicted[i]]));
    return read.map(({ encoder, window }) =>
      answer(quantiles.get(encoder) ?? flat(encoder.normalization.location, horizon), window, asked),
    );
  }

  /** A series whose values come one by one. */
  stream(options: StreamOptions = {}): ForecastStream {
    return new ForecastStream(this.model, options);
  }

  /** A stream that goes on from what stream.save() gave. */
  restoreStream(state: StreamState): ForecastStream {
    return ForecastStream.restore(this.model, state);
  }

  /** Gives the memory of the model back. */
  dispose(): void {
    this.model.backend.dispose();
  }
}

const isSeveral = (values: Values | readonly Values[]): values is readonly Values[] =>
  Array.isArray(values) && typeof values[0] === 'object' && values[0] !== null;

/** A series read from the start of its window to the horizon. */
function readingOf(values: Float64Array, asked: CheckedOptions): EncodedSeries {
  const { start, normalizedTo } = spanOf(values.length);
  const window = values.subarray(start);
  const patches = Math.ceil(asked.horizon / PATCH);
  const encoder = SeriesEncoder.of(window, normalizedTo - start, window.length + patches * PATCH, asked.season);
  const steps = new EncoderSteps(encoder.isConstant ? 0 : encoder.stepsIn(window) + patches);
  if (!encoder.isConstant) {
    encoder.read(window, steps);
    encoder.ahead(window, patches, steps);
  }
  return { encoder, window, steps };
}

/** Indices of series that are read together: of like lengths, so that little is padded. */
function groupsOf(series: readonly Float64Array[], horizon: number): number[][] {
  const steps = series.map(
    ({ length }) => Math.ceil((length - spanOf(length).start) / PATCH) + Math.ceil(horizon / PATCH),
  );
  const order = series.map((_, i) => i).sort((a, b) => steps[a] - steps[b]);
  const groups: number[][] = [];
  for (const i of order) {
    const group = groups.at(-1);
    if (group && (group.length + 1) * steps[i] <= STEPS_AT_ONCE) group.push(i);
    else groups.push([i]);
  }
  return groups;
}
