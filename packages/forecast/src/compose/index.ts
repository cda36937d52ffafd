/** Series and options to forecasts: what every way to forecast comes down to. */
export { compose } from './compose.ts';
export { forecastTasks, type TaskForecast } from './forecastTasks.ts';
export { isSeveral, isTable, type SeriesData, type SeveralData, type TableData, type Time } from './inputs.ts';
export { skippedSteps } from './prepare.ts';
export { onTimes, type SeriesWithTimes, type TimedSeries, TimesError } from './timedSeries.ts';
