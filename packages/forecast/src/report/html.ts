/**
 * A report of forecasts as one HTML file that loads nothing else: facts about each series, its chart with the values
 * under the pointer, the forecast as a table, and the scores of past forecasts.
 *
 *   await writeFile('report.html', html(views, { title: 'Sales', source: 'sales.csv', model: 'mamba' }));
 *
 * Each series is drawn twice, for wide and for narrow screens. Without scripts, all series are shown.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { thousands } from '@mamba-ts/core/math';
import { darkRules } from '../chart/palette.ts';
import { escaped } from '../chart/svgText.ts';
import { curvesOf } from './curves.ts';
import { script, style } from './page/assets.ts';
import { shownRows } from './shownRows.ts';
import { described, svg } from './svg.ts';
import type { ForecastView } from './view.ts';

/** A table of scores, or of other facts. */
export interface ReportTable {
  caption: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  /** A sentence below the table. */
  note?: string;
}

/** What a report has besides the forecasts. */
export interface ReportFacts {
  title?: string;
  /** The origin of the values, such as a file name. */
  source?: string;
  /** The name of the forecaster. */
  model?: string;
  /** The number of series, where `views` has only some of them. */
  total?: number;
  /** The largest number of series shown. Default: 300. */
  limit?: number;
  /** Sentences about all series. */
  notes?: readonly string[];
  /** Scores of past forecasts. */
  backtest?: ReportTable;
  /** Values of the past in the charts. Default: six horizons, at least 96. */
  history?: number;
  /** The text of the footer. */
  made?: string;
}

/** Pixels of the charts. */
const [WIDE, NARROW, HEIGHT] = [900, 400, 300];

/** The page as a string. */
export function html(views: readonly ForecastView[], facts: ReportFacts = {}): string {
  if (views.length === 0) throw new UsageError('report', 'no series to report, expected at least one.');
  const { limit = 300, total = views.length, notes = [] } = facts;
  const shown = views.slice(0, limit);
  const title = facts.title ?? (views.length === 1 ? `Forecast of ${views[0].name}` : 'Forecasts');
  const omitted =
    total > shown.length
      ? [
          `Shown are ${thousands(shown.length)} of ${thousands(total)} series. ` +
            'A file of CSV or JSON has the forecasts of all.',
        ]
      : [];
  const lead = [
    `${thousands(total)} series`,
    facts.source && `of ${facts.source}`,
    facts.model && `forecast by ${facts.model}`,
  ];
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)}</title>`,
    `<style>${style}\n@media screen and (prefers-color-scheme:dark){${darkRules}}</style></head><body><main>`,
    `<h1>${escaped(title)}</h1>`,
    `<p class="lead">${escaped(lead.filter(Boolean).join(', ').replace(', of ', ' of '))}.</p>`,
    ...[...omitted, ...notes].map((note) => `<p class="note">${escaped(note)}</p>`),
    shown.length > 1 ? picker(shown) : '',
    ...shown.map((view) => section(view, views.length > 1, facts.history)),
    facts.backtest ? `<section><h2>Backtest</h2>${table(facts.backtest)}</section>` : '',
    facts.made ? `<footer>${escaped(facts.made)}</footer>` : '',
    `</main><script>${script}</script></body></html>\n`,
  ]
    .filter(Boolean)
    .join('\n');
}

/** Hidden; the script shows it. */
function picker(views: readonly ForecastView[]): string {
  const options = views.map(({ name }, i) => `<option value="${i}">${escaped(name)}</option>`).join('');
  return (
    '<nav hidden><label for="series">Series</label> ' +
    `<select id="series">${options}</select> ` +
    '<button type="button" data-step="-1" aria-label="previous series">‹</button>' +
    '<button type="button" data-step="1" aria-label="next series">›</button></nav>'
  );
}

function section(view: ForecastView, named: boolean, history?: number): string {
  const chart = (width: number, name: string) =>
    `<div class="${name}">${svg([view], { heading: false, width, height: HEIGHT, theme: 'light', history })}</div>`;
  return [
    `<section class="series" aria-label="${escaped(view.name)}">`,
    named ? `<h2>${escaped(view.name)}</h2>` : '',
    `<dl>${factsOf(view)
      .map(([term, value]) => `<div><dt>${term}</dt><dd>${escaped(value)}</dd></div>`)
      .join('')}</dl>`,
    ...(view.notes ?? []).map((note) => `<p class="note">${escaped(note)}</p>`),
    `<figure><div class="chart">${chart(WIDE, 'wide')}${chart(NARROW, 'narrow')}`,
    '<div class="readout" role="status" hidden></div></div>',
    `<figcaption>${escaped(described(view))}</figcaption></figure>`,
    `<script type="application/json">${readout(view, history)}</script>`,
    `<details${view.forecast.median.length > 60 ? '' : ' open'}><summary>The forecast as a table</summary>`,
    forecastTable(view),
    '</details></section>',
  ]
    .filter(Boolean)
    .join('\n');
}

/** Facts about a series, as pairs of a term and its value. */
function factsOf(view: ForecastView): [string, string][] {
  const { history, times, frequency, seasons } = view;
  const values = Array.from(history);
  const missing = values.filter((x) => !Number.isFinite(x)).length;
  const { label, value } = curvesOf(view, history.length);
  const steps = (count: number) => (count === 1 ? '1 step' : `${thousands(count)} steps`);
  const known = values.filter(Number.isFinite);
  const low = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = known.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const pairs: [string, string | false][] = [
    ['Values', thousands(history.length)],
    ['Missing', missing === 0 ? 'none' : thousands(missing)],
    ['Range', known.length > 0 && `${value(low)} to ${value(high)}${view.unit ? ` ${view.unit}` : ''}`],
    ['Time', times !== undefined && times.length > 0 && `${label(times[0])} to ${label(times[times.length - 1])}`],
    ['Frequency', frequency ?? false],
    [
      'Seasons',
      seasons !== undefined &&
        (seasons
          .filter((season) => season > 1)
          .map(steps)
          .join(', ') ||
          'none'),
    ],
    ['Ahead', steps(view.forecast.median.length)],
  ];
  return pairs.filter((pair): pair is [string, string] => pair[1] !== false);
}

/** JSON for the script: rows [x, …lines of text], rising in x. */
function readout(view: ForecastView, history?: number): string {
  const { past, future, bands, actual, label, number, value } = curvesOf(view, history);
  const known = past.x.map((x, i) => [x, label(x), Number.isFinite(past.y[i]) ? value(past.y[i]) : 'missing']);
  const ahead = future.x.map((x, i) => [
    x,
    label(x),
    `median: ${number(future.median[i])}`,
    ...bands.map(({ level, low, high }) => `${level} %: ${number(low[i])} to ${number(high[i])}`).reverse(),
    ...(actual && i < actual.length && Number.isFinite(actual[i]) ? [`actual: ${value(actual[i])}`] : []),
  ]);
  // A name may hold '</script>', which would end the script element.
  return JSON.stringify([...known, ...ahead]).replaceAll('<', '\\u003c');
}

function forecastTable(view: ForecastView): string {
  const [columns, ...rows] = shownRows(view);
  return table({ caption: `Forecast of ${view.name}${view.unit ? `, in ${view.unit}` : ''}`, columns, rows });
}

function table({ caption, columns, rows, note }: ReportTable): string {
  const head = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('');
  const line = ([first, ...cells]: readonly (string | number)[]) =>
    `<tr><th scope="row">${escaped(String(first))}</th>` +
    `${cells.map((cell) => `<td>${escaped(String(cell))}</td>`).join('')}</tr>`;
  return (
    `<div class="scroll" tabindex="0"><table><caption><span>${escaped(caption)}</span></caption><thead><tr>${head}</tr></thead>` +
    `<tbody>${rows.map(line).join('\n')}</tbody></table></div>${note ? `<p class="note">${escaped(note)}</p>` : ''}`
  );
}
