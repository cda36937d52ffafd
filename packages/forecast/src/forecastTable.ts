/**
 * Every series of a table to its forecast, a few hundred at a time: a table of any length needs the memory of a batch.
 *
 *   const table = await openTimeTable('sales.csv');
 *   for await (const { series, forecast } of forecastTable(await loadForecaster(), table, { horizon: 24 })) …
 */
import { UsageError } from '@mamba-ts/core/errors';
import {
  type CovariateForecast,
  forecastWithCovariates,
  type HolidayOptions,
  holidayCovariates,
} from './covariates/index.ts';
import type { ForecastView } from './report/view.ts';
import { calendarSeasons } from './seasons.ts';
import { seriesBatches } from './timeTable/batches.ts';
import { frequencyName } from './timeTable/frequency.ts';
import type { TableSeries, TimeTable } from './timeTable/types.ts';
import type { Forecast, ForecastOptions, SeriesForecaster } from './types.ts';

export interface SeriesForecast {
  readonly series: TableSeries;
  /** With a word on covariates, where the table has any. */
  readonly forecast: Forecast | CovariateForecast;
}

export interface TableForecastOptions extends ForecastOptions {
  /** Holidays as what is known ahead; times are those of the place. */
  holidays?: HolidayOptions;
}

/** Series of a call. */
const BATCH = 256;

/** In the order of the table. Its seasons are those of the calendar, if `options.season` says nothing else. */
export async function* forecastTable(
  forecaster: SeriesForecaster,
  table: TimeTable,
  { holidays, ...options }: TableForecastOptions,
  batch = BATCH,
): AsyncGenerator<SeriesForecast> {
  const { known, past } = table.layout;
  const holidaysOf = holidays && holidayReader(holidays);
  for await (const { series, seasons } of seriesBatches(table.series(), batch)) {
    const asked = { ...options, season: options.season ?? calendarSeasons(seasons) };
    if (known.length + past.length > 0 || holidaysOf) {
      for (const one of series) {
        const days = (await holidaysOf?.(one, options.horizon)) ?? {};
        yield { series: one, forecast: await withCovariates(forecaster, one, days, asked) };
      }
      continue;
    }
    const values = series.map((one) => one.values);
    const forecasts = await forecaster.forecastAll(values, asked);
    for (const [i, forecast] of forecasts.entries()) yield { series: series[i], forecast };
  }
}

/** Known columns go as far as the horizon: what is beyond is not needed, and less is refused. */
function withCovariates(
  forecaster: SeriesForecaster,
  { id, values, past, known, ahead, axis }: TableSeries,
  days: Readonly<Record<string, Float64Array>>,
  options: ForecastOptions,
): Promise<CovariateForecast> {
  const { horizon } = options;
  const end = values.length + horizon;
  const names = Object.keys(known);
  if (names.length > 0 && ahead < horizon) {
    throw new UsageError(
      'forecast',
      `series ${JSON.stringify(id)} ends at ${axis.label(values.length - 1)}, and ${names.join(', ')} ` +
        `${names.length > 1 ? 'are' : 'is'} known for ${ahead} steps more, expected ${horizon}, the horizon. ` +
        'Give rows with an empty value or a table of what is known ahead (future), shorten the horizon, or name the ' +
        'columns as known in the past alone (past).',
    );
  }
  const cut = Object.fromEntries(names.map((name) => [name, known[name].slice(0, end)]));
  return forecastWithCovariates(forecaster, values, { past, known: { ...cut, ...days } }, options);
}

/** Holidays of a series and its horizon; those of the last one again where the times are the same. */
function holidayReader(options: HolidayOptions) {
  let last: { key: string; days: Record<string, Float64Array> } | undefined;
  return async ({ id, values, axis }: TableSeries, horizon: number): Promise<Record<string, Float64Array>> => {
    if (!axis.hasCalendar) {
      throw new UsageError(
        'forecast',
        `series ${JSON.stringify(id)} has no times, which holidays need. Name the column of times (time).`,
      );
    }
    const count = values.length + horizon;
    const key = JSON.stringify([axis.start, axis.frequency, axis.day, count]);
    if (last?.key !== key) {
      const times = Float64Array.from({ length: count }, (_, i) => axis.at(i));
      last = { key, days: await holidayCovariates(times, options) };
    }
    return last.days;
  };
}

/** What is shown of it; `withPast: false` spares the times of the past, where only the future is written. */
export function viewOf({ series, forecast }: SeriesForecast, { withPast = true } = {}): ForecastView {
  const { id, values, axis, seasons } = series;
  const { length } = values;
  const about = { name: id, forecast, frequency: frequencyName(axis.frequency), seasons };
  const ahead = forecast.median.length;
  const times = (from: number, count: number) => Array.from({ length: count }, (_, i) => axis.at(from + i));
  // Steps are counted from 1, and an index from where it begins.
  if (!axis.hasCalendar) return { ...about, history: values, timeLabel: (step) => axis.label(step - 1) };
  return {
    ...about,
    history: withPast ? values : [],
    ...(withPast && { times: times(0, length) }),
    futureTimes: times(length, ahead),
    timeLabel: (time) => axis.labelOf(time),
  };
}
