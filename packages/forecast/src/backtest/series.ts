/** The series of a backtest, from any kind of input. */
import { isSeveral, isTable } from '../compose/inputs.ts';
import { calendarSeasons, type SeasonOption } from '../seasons.ts';
import type { TimeAxis, TimeTable } from '../timeTable/index.ts';
import type { Values } from '../types.ts';

/** A series with a name. */
export interface NamedSeries {
  id: string;
  values: Values;
  /** Its own season. Default: that of the options. */
  season?: SeasonOption;
  /** The times of its values. */
  axis?: TimeAxis;
}

/** One series; several, with or without names; or a table. */
export type BacktestInput = Values | Iterable<NamedSeries | Values> | AsyncIterable<NamedSeries | Values> | TimeTable;

/** All series with names. Those of a table have the seasons of its calendar, unless `season` is given. */
export async function* namedSeries(
  input: BacktestInput,
  season: SeasonOption | undefined,
): AsyncGenerator<NamedSeries> {
  if (isTable(input)) {
    for await (const { id, values, seasons, axis } of input.series()) {
      yield { id, values, season: season ?? calendarSeasons(seasons), axis };
    }
    return;
  }
  let i = 0;
  for await (const one of isOne(input) ? [input] : (input as Iterable<NamedSeries | Values>)) {
    yield isNamed(one) ? one : { id: String(i), values: one };
    i++;
  }
}

const isNamed = (series: NamedSeries | Values): series is NamedSeries => 'values' in series && 'id' in series;

/** Whether it is a list of numbers, and no list of series. */
const isOne = (input: BacktestInput): input is Values =>
  'length' in input && !isSeveral(input as Values) && (input.length > 0 || !Array.isArray(input));
