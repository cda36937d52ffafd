/** All series of a table read jointly: each with the past of the others beside it. They have to end at the same time. */
import { UsageError } from '@mamba-ts/core/errors';
import { forecastTogether } from './covariates/index.ts';
import type { SeriesForecast } from './forecastTable.ts';
import { calendarSeasons } from './seasons.ts';
import type { TableSeries, TimeTable } from './timeTable/types.ts';
import type { ForecastOptions, SeriesForecaster } from './types.ts';

/** More are no longer read jointly: every one is compared with every other. */
const MOST = 200;

export async function* forecastTableTogether(
  forecaster: SeriesForecaster,
  table: TimeTable,
  options: ForecastOptions,
): AsyncGenerator<SeriesForecast> {
  const { known, past } = table.layout;
  if (known.length + past.length > 0) {
    throw new UsageError(
      'forecast',
      `series that are read together have no other covariates, got ${[...known, ...past].join(', ')}. ` +
        'Leave them out, or forecast the series one by one.',
    );
  }
  const all: TableSeries[] = [];
  for await (const one of table.series()) {
    all.push(one);
    if (all.length > MOST) {
      throw new UsageError(
        'forecast',
        `more than ${MOST} series are read together. Name fewer (value), or do without.`,
      );
    }
  }
  const ends = all.map(({ axis, values }) => axis.at(values.length));
  const other = ends.findIndex((end) => end !== ends[0]);
  if (other > 0) {
    const last = ({ id, axis, values }: TableSeries) =>
      `${JSON.stringify(id)} ends at ${axis.label(values.length - 1)}`;
    throw new UsageError(
      'forecast',
      `${last(all[other])} and ${last(all[0])}, expected one end and one frequency of series that are read ` +
        'together. Fill in the missing rows, or forecast them one by one.',
    );
  }
  const longest = Math.max(...all.map(({ values }) => values.length));
  const beside = Object.fromEntries(all.map(({ id, values }) => [id, atEnd(values, longest)]));
  const asked = { ...options, season: options.season ?? calendarSeasons(all[0].seasons) };
  const forecasts = await forecastTogether(forecaster, beside, asked);
  for (const series of all) yield { series, forecast: forecasts[series.id] };
}

/** What begins later has nothing before. */
function atEnd(values: Float64Array, length: number): Float64Array {
  const padded = new Float64Array(length).fill(Number.NaN);
  padded.set(values, length - values.length);
  return padded;
}
