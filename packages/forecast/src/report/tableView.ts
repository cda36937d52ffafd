/** What is shown of a forecast of a table. */
import { frequencyName, type TableSeries } from '../timeTable/index.ts';
import type { Forecast } from '../types.ts';
import type { ForecastView } from './view.ts';

/**
 * The view of a series of a table and its forecast.
 *
 * @param from the first step of the forecast, counted from the last value. Default: 1
 * @param withPast false: without the times of the past, for outputs that have the future alone. Default: true
 */
export function viewOf(
  { series, forecast, from = 1 }: { series: TableSeries; forecast: Forecast; from?: number },
  { withPast = true } = {},
): ForecastView {
  const { id, values, axis, seasons } = series;
  const { length } = values;
  const about = { name: id, forecast, frequency: frequencyName(axis.frequency), seasons };
  const times = (first: number, count: number) => Array.from({ length: count }, (_, i) => axis.at(first + i));
  if (!axis.hasCalendar) {
    // Views count steps from 1, the first step ahead right after the past.
    const timeLabel = (step: number) => axis.label(step > length ? step + from - 2 : step - 1);
    return { ...about, history: values, timeLabel };
  }
  return {
    ...about,
    history: withPast ? values : [],
    ...(withPast && { times: times(0, length) }),
    futureTimes: times(length + from - 1, forecast.median.length),
    timeLabel: (time) => axis.labelOf(time),
  };
}
