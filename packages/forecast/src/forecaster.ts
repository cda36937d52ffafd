/**
 * One way to forecast: any forecaster of series, with all options.
 *
 *   const f = await loadForecaster();                        // or openBaseline('snaive'), or new Forecaster(yours)
 *   const { median, intervals } = await f.forecast(values, { horizon: 24, levels: [80, 95] });
 *   const several = await f.forecast([sales, visits], { horizon: 24, together: true, lower: 0 });
 *   for await (const { series, forecast } of f.forecast(table, { horizon: 24, holidays: 'DE' })) …
 */
import { completeField, field } from '@mamba-ts/core/schema';
import { withLevelBounds } from './baseOptions.ts';
import { forecastTasks } from './compose/forecastTasks.ts';
import {
  DATA_OPTIONS,
  isSeveral,
  isTable,
  type SeriesData,
  type SeveralData,
  type TableData,
  tableTasks,
  taskOf,
  tasksOf,
} from './compose/inputs.ts';
import { checkForecast, type ForecastOptions } from './options.ts';
import { ResultStream } from './resultStream.ts';
import { ForecastStream } from './stream.ts';
import type { Task } from './task.ts';
import type { TableSeries, TimeTable } from './timeTable/index.ts';
import type {
  BaseOptions,
  CovariateReport,
  Forecast,
  Interval,
  SeriesForecaster,
  StreamOptions,
  StreamState,
  Values,
} from './types.ts';

/** Options for one series. */
export interface SeriesOptions extends ForecastOptions, SeriesData {}

/** Options for several series. */
export interface SeveralOptions extends ForecastOptions, SeveralData {}

/** Options for a table. */
export interface TableOptions extends ForecastOptions, TableData {
  /** Series of one call. Default: 256. */
  batch?: number;
}

/** A series of a table and its forecast. */
export interface SeriesForecast<F extends Forecast = Forecast> {
  readonly series: TableSeries;
  readonly forecast: F;
  /** The first step of the forecast, counted from the last value: 1, unless the option `from` is given. */
  readonly from: number;
}

/** What is there for sure in a forecast with the options `O`: intervals where levels are given, and so on. */
export type ForecastOf<O> = Forecast &
  (O extends { levels: readonly (infer L extends number)[] } ? { intervals: IntervalsOf<L> } : unknown) &
  (O extends
    | { known: object }
    | { past: object }
    | { holidays: object | string }
    | { calendar: object | true }
    | { together: true }
    ? { covariates: CovariateReport }
    : unknown) &
  (O extends { intermittent: true } ? { demand: number } : unknown);

type IntervalsOf<L extends number> = Record<string, Interval> & { [K in `${L}`]: Interval };

/** Options, of which none may have a name that is not known. */
type Exactly<O, Known> = O & { readonly [K in Exclude<keyof O, keyof Known>]: never };

/** A forecaster with all options: of the model, of a baseline, or of your own. */
export class Forecaster implements SeriesForecaster {
  /** `inner` makes the forecasts of single series; all other options are added here. */
  constructor(readonly inner: SeriesForecaster) {}

  get name(): string {
    return this.inner.name;
  }

  /**
   * One series, NaN where a value is missing. The bounds of `levels` are among the `quantiles`, too.
   *
   * @throws UsageError what was got, what is expected, and what to do
   */
  forecast<const O extends SeriesOptions>(values: Values, options: Exactly<O, SeriesOptions>): Promise<ForecastOf<O>>;
  /** Several series: their forecasts are in the same order. */
  forecast<const O extends SeveralOptions>(
    series: readonly Values[],
    options: Exactly<O, SeveralOptions>,
  ): Promise<ForecastOf<O>[]>;
  /**
   * All series of a table, which is read once. Iterate over the result for constant memory, or await it for a list.
   * Seasons are those of the calendar, unless `season` is given. `quantiles` are those that were asked for.
   */
  forecast<const O extends TableOptions>(
    table: TimeTable,
    options: Exactly<O, TableOptions>,
  ): ResultStream<SeriesForecast<ForecastOf<O>>>;
  forecast(
    input: Values | readonly Values[] | TimeTable,
    options: SeriesOptions | SeveralOptions | TableOptions,
  ): Promise<Forecast | Forecast[]> | ResultStream<SeriesForecast> {
    if (isTable(input)) return new ResultStream(() => this.forecastTable(input, options as TableOptions));
    return isSeveral(input)
      ? this.forecastSeries(options, () => tasksOf(input, options as SeveralOptions))
      : this.forecastSeries(options, () => [taskOf(input, options as SeriesData)]).then(([forecast]) => forecast);
  }

  private async forecastSeries(options: ForecastOptions, tasksFrom: () => Task[]): Promise<Forecast[]> {
    const checked = withLevelBounds(checkForecast(options, DATA_OPTIONS));
    const tasks = tasksFrom();
    const forecasts: Forecast[] = [];
    for await (const { forecast } of forecastTasks(
      this.inner,
      tasks,
      { ...checked, season: options.season },
      tasks.length,
    )) {
      forecasts.push(forecast);
    }
    return forecasts;
  }

  private async *forecastTable(table: TimeTable, options: TableOptions): AsyncGenerator<SeriesForecast, void> {
    const checked = checkForecast(options, [...DATA_OPTIONS, 'batch']);
    const batch = completeField('forecast', 'batch', batchField, options.batch);
    const tasks = tableTasks(table, options);
    for await (const { task, forecast, from } of forecastTasks(
      this.inner,
      tasks,
      { ...checked, season: options.season },
      batch,
    )) {
      yield { series: task.series, forecast, from };
    }
  }

  /** One forecast for each series, by the inner forecaster alone. */
  forecastAll(series: readonly Values[], options: BaseOptions): Promise<Forecast[]> {
    return this.inner.forecastAll(series, options);
  }

  /** A series whose values come one by one. */
  stream(options?: StreamOptions): ForecastStream {
    return ForecastStream.of(this.inner, options);
  }

  /** A stream that continues from what stream.save() returned. */
  restoreStream(state: StreamState): ForecastStream {
    return ForecastStream.restore(this.inner, state);
  }

  /** Frees the memory of the model. */
  dispose(): void {
    this.inner.dispose?.();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const batchField = field.whole({ min: 1, default: 256 });
