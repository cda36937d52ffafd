/** What lies beside a series: covariates, the calendar, holidays, other series. */
export { type CalendarKind, type CalendarOptions, calendarCovariates } from './calendarFeatures.ts';
export type { CovariateValues, GivenCovariates } from './columns.ts';
export {
  type CovariateForecast,
  type CovariateMode,
  type CovariateOptions,
  type CovariateReport,
  forecastWithCovariates,
} from './forecast.ts';
export { type HolidayOptions, type HolidayType, holidayCovariates } from './holidays.ts';
export { forecastTogether } from './together.ts';
