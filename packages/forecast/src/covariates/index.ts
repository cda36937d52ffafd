/** What is known besides the values of a series: covariates, the calendar, holidays. */
export { type CalendarKind, type CalendarOptions, calendarCovariates } from './calendarFeatures.ts';
export type { CovariateValues } from './columns.ts';
export { type HolidayOptions, type HolidayType, holidayCovariates } from './holidays.ts';
