/**
 * The zero-shot model as a forecaster of series.
 *
 * A Mamba that was trained on synthetic series alone (synthetic/) reads patches of 16 values and answers with
 * quantiles of the patches that follow (model/). Of a long series it reads the last 4,096 values (model/window.ts).
 */
import type { SequenceModel } from '@mamba-ts/core/models';
import { answer, constant } from './answer.ts';
import { type CheckedOptions, checkOptions } from './baseOptions.ts';
import { type EncodedSeries, meanOfForecasts, predict } from './model/predict.ts';
import { EncoderSteps, SeriesEncoder } from './model/seriesEncoder.ts';
import { PATCH, type Span, shortSpanOf, spanOf } from './model/window.ts';
import { ModelStream } from './modelStream.ts';
import { RecentValues } from './recentValues.ts';
import type { BaseOptions, Forecast, SeriesForecaster, StreamOptions, StreamState, Values } from './types.ts';
import { checkValues, requireKnown } from './values.ts';

/** Steps that the network reads in one call: enough to use all cores, and little memory. */
const STEPS_PER_CALL = 8192;

/** The model as a SeriesForecaster. */
export class ModelForecaster implements SeriesForecaster {
  constructor(
    readonly model: SequenceModel,
    readonly name = 'mamba-ts',
  ) {}

  async forecastAll(series: readonly Values[], options: BaseOptions): Promise<Forecast[]> {
    const checked = checkOptions(options);
    const values = series.map((given, i) => {
      const name = series.length > 1 ? `series ${i}` : 'values';
      const numbers = checkValues(given, name);
      requireKnown(numbers.subarray(spanOf(numbers.length).start), name);
      return numbers;
    });
    const forecasts = new Array<Forecast>(series.length);
    for (const group of groupsOf(values, checked.horizon)) {
      const answers = this.answerAll(
        group.map((i) => values[i]),
        checked,
      );
      group.forEach((i, k) => {
        forecasts[i] = answers[k];
      });
      // Signals, timers and other requests get their turn.
      if (series.length > 1) await new Promise((resolve) => setTimeout(resolve));
    }
    return forecasts;
  }

  private answerAll(series: readonly Float64Array[], options: CheckedOptions): Forecast[] {
    const { horizon } = options;
    const readings = series.map((values) => readingsOf(values, options));
    const varying = readings.flat().filter(({ encoder }) => !encoder.isConstant);
    const predicted = varying.length > 0 ? predict(this.model, varying, horizon) : [];
    const quantiles = new Map(varying.map((reading, i) => [reading, predicted[i]]));
    return readings.map((ofSeries) => {
      const [{ encoder, window }] = ofSeries;
      const forecasts = ofSeries.flatMap((reading) => (quantiles.has(reading) ? [quantiles.get(reading)!] : []));
      const steps = forecasts.length > 0 ? meanOfForecasts(forecasts) : constant(encoder.location, horizon);
      return answer(steps, window, options);
    });
  }

  stream(options: StreamOptions = {}): ModelStream {
    return new ModelStream(this.model, options);
  }

  restoreStream(state: StreamState): ModelStream {
    return new ModelStream(this.model, { season: state.season }, RecentValues.of(state));
  }

  /** Frees the memory of the model. */
  dispose(): void {
    this.model.backend.dispose();
  }
}

/** What is read of a series: its window, then a shorter one where it helps. */
function readingsOf(values: Float64Array, options: CheckedOptions): EncodedSeries[] {
  const reading = encodedSeries(values, spanOf(values.length), options);
  const shortSpan = shortSpanOf(values.length, reading.encoder.normalization.seasons.first);
  return shortSpan ? [reading, encodedSeries(values, shortSpan, options)] : [reading];
}

/** A series, encoded from the start of a window to the horizon. */
function encodedSeries(
  values: Float64Array,
  { start, normalizedTo }: Span,
  { horizon, season }: CheckedOptions,
): EncodedSeries {
  const window = values.subarray(start);
  const patches = Math.ceil(horizon / PATCH);
  const encoder = SeriesEncoder.of(window, normalizedTo - start, window.length + patches * PATCH, season);
  const steps = new EncoderSteps(encoder.isConstant ? 0 : encoder.stepsIn(window) + patches);
  if (!encoder.isConstant) {
    encoder.read(window, steps);
    encoder.ahead(window, patches, steps);
  }
  return { encoder, window, steps };
}

/** Indices of series that are read in one call: of similar lengths, so that little is padded. */
function groupsOf(series: readonly Float64Array[], horizon: number): number[][] {
  const steps = series.map(
    ({ length }) => Math.ceil((length - spanOf(length).start) / PATCH) + Math.ceil(horizon / PATCH),
  );
  const order = series.map((_, i) => i).sort((a, b) => steps[a] - steps[b]);
  const groups: number[][] = [];
  for (const i of order) {
    const group = groups.at(-1);
    if (group && (group.length + 1) * steps[i] <= STEPS_PER_CALL) group.push(i);
    else groups.push([i]);
  }
  return groups;
}
