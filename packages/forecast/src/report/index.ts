/** What a person sees of a forecast. Everything but `png` runs in browsers, too. */

export { numberFormat } from './curves.ts';
export { csv, csvHeader, csvRows, type ForecastRecord, json, record, shownRows } from './files.ts';
export { html, type ReportFacts, type ReportTable } from './html.ts';
export { type PngOptions, png } from './png.ts';
export { type SvgOptions, svg } from './svg.ts';
export { type ChartOptions, chart, type TerminalLook, terminalLook } from './terminal.ts';
export type { ForecastView } from './view.ts';
