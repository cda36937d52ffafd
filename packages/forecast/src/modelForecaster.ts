/**
 * The zero-shot model as a forecaster of series.
 *
 * A Mamba that was trained on synthetic series alone (synthetic/) reads patches of 16 values and answers with
 * quantiles of the patches that follow (model/). Of a long series it reads the last 4,096 values (model/window.ts).
 */
import type { SequenceModel } from '@mamba-ts/core/models';
import { answer } from './answer.ts';
import { type CheckedOptions, checkOptions } from './baseOptions.ts';
import { type EncodedReading, predict, type Quantiles } from './model/predict.ts';
import { Reading, readingPlans } from './model/reading.ts';
import { EncoderSteps } from './model/seriesEncoder.ts';
import { Views } from './model/views.ts';
import { PATCH, spanOf } from './model/window.ts';
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
    const read = series.map((values) => readSeries(values, options));
    const predicted = predict(
      this.model,
      read.flatMap(({ readings }) => readings),
      horizon,
    ).values();
    return read.map(({ window, readings }) => {
      return answer(
        readings.map(() => predicted.next().value as Quantiles[]),
        window,
        options,
      );
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

/** A series with its readings, each from its start to the horizon. */
function readSeries(values: Float64Array, { horizon, season }: CheckedOptions) {
  const { start, normalizedTo } = spanOf(values.length);
  const window = values.subarray(start);
  const views = new Views(window, normalizedTo - start, season);
  const patches = Math.ceil(horizon / PATCH);
  const readings = readingPlans(views, values.length, horizon, season).map((plan): EncodedReading => {
    const reading = new Reading(plan, patches);
    const { encoder } = reading;
    const steps = new EncoderSteps(encoder.isConstant ? 0 : encoder.stepsIn(reading.window) + patches);
    if (!encoder.isConstant) {
      encoder.read(reading.window, steps);
      encoder.ahead(reading.window, patches, steps);
    }
    return { reading, steps };
  });
  return { window, readings };
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
