/** Forecasts for readers: charts in a terminal, SVG, PNG, HTML, and rows of CSV and JSON. Only `png` needs Node. */

export { csv, csvHeader, csvRows } from './csv.ts';
export { numberFormat } from './curves.ts';
export { html, type ReportFacts, type ReportTable } from './html.ts';
export { type ForecastRecord, json, record } from './json.ts';
export { type PngOptions, png } from './png.ts';
export { shownRows } from './shownRows.ts';
export { type SvgOptions, svg } from './svg.ts';
export { viewOf } from './tableView.ts';
export { type ChartOptions, chart, type TerminalLook, terminalLook } from './terminal.ts';
export type { ForecastView } from './view.ts';
