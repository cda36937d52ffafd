/** What a person sees of a forecast. Everything but `png` runs in browsers, too. */
export { csv, csvHeader, csvRows, type ForecastRecord, json, record } from './table.ts';
export type { ForecastView } from './view.ts';
