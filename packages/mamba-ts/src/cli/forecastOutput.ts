/** Where forecasts go: a file by its ending, CSV into a pipe, a chart and a table on a terminal. */
import { UsageError } from '@mamba-ts/core/errors';
import type { SeriesForecast } from '@mamba-ts/forecast/forecaster';
import {
  chart,
  csv,
  type ForecastView,
  html,
  json,
  numberFormat,
  png,
  type ReportFacts,
  svg,
  terminalLook,
  viewOf,
} from '@mamba-ts/forecast/report';
import { printTable, say } from './terminal.ts';
import { writeFile } from './textFile.ts';

type Forecasts = AsyncIterable<SeriesForecast>;

/** A place for forecasts. */
export interface Output {
  /** Whether it is the terminal itself. */
  readonly isShown: boolean;
  /** Series of one call, where fewer than usual are wanted. */
  readonly batch?: number;
  /** What the message adds when the command is stopped. */
  readonly left: string;
  /** `facts` is called when all series have been read: notes are complete then. */
  write(forecasts: Forecasts, facts: () => ReportFacts): Promise<void>;
}

/** Series that a terminal shows. */
const SHOWN = 3;
/** An SVG is built in memory, and more panels are unreadable. */
const MAX_IN_PICTURE = 12;
/** A report names the number of further series. */
const MAX_IN_REPORT = 300;

type Writer = (path: string, forecasts: Forecasts, facts: () => ReportFacts) => Promise<void>;

const picture =
  (make: (views: readonly ForecastView[]) => Promise<string | Uint8Array>): Writer =>
  async (path, forecasts) => {
    const { first, total } = await firstOf(forecasts, MAX_IN_PICTURE, MAX_IN_PICTURE + 1);
    if (total > MAX_IN_PICTURE) {
      throw new UsageError(
        'forecast',
        `${path} shows at most ${MAX_IN_PICTURE} series, and the table has more. ` +
          'Write .csv or .json, or name the columns to forecast (--value).',
      );
    }
    await writeFile(path, await make(first));
  };

const WRITERS: Readonly<Record<string, Writer>> = {
  '.csv': (path, forecasts) => writeFile(path, csv(futuresOf(forecasts))),
  '.json': (path, forecasts) => writeFile(path, json(futuresOf(forecasts))),
  '.svg': picture(async (views) => svg(views)),
  '.png': picture(async (views) => png(svg(views))),
  '.html': async (path, forecasts, facts) => {
    const { first, total } = await firstOf(forecasts, MAX_IN_REPORT);
    await writeFile(path, html(first, { ...facts(), total }));
  },
};

/** The output that the ending of `path` names; without a path, the terminal or a pipe. */
export function outputFor(path: string | undefined): Output {
  if (path === undefined) {
    if (process.stdout.isTTY) return { isShown: true, batch: SHOWN + 1, left: '', write: show };
    return { isShown: false, left: '', write: (forecasts) => writeCsv(futuresOf(forecasts), process.stdout) };
  }
  const ending = /\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? '';
  const writer = Object.hasOwn(WRITERS, ending) ? WRITERS[ending] : undefined;
  if (writer) {
    const left = `, ${path} is as it was`;
    return { isShown: false, left, write: (forecasts, facts) => writer(path, forecasts, facts) };
  }
  throw new UsageError(
    'forecast',
    `--out ${path} ends in ${ending === '' ? 'nothing' : ending}, expected ${Object.keys(WRITERS).join(', ')}.`,
  );
}

/** Views without the times of the past, which tables do not have. */
async function* futuresOf(forecasts: Forecasts): AsyncGenerator<ForecastView> {
  for await (const one of forecasts) yield viewOf(one, { withPast: false });
}

/** The first views, and the total number of series. Stops reading at `stop` series. */
async function firstOf(
  forecasts: Forecasts,
  most: number,
  stop = Number.POSITIVE_INFINITY,
): Promise<{ first: ForecastView[]; total: number }> {
  const first: ForecastView[] = [];
  let total = 0;
  for await (const one of forecasts) {
    if (++total <= most) first.push(viewOf(one));
    if (total >= stop) break;
  }
  return { first, total };
}

/** The first series of a table on the terminal. */
async function show(forecasts: Forecasts): Promise<void> {
  let shown = 0;
  for await (const one of forecasts) {
    if (shown++ === SHOWN) {
      say('\nThere are more series: --out forecast.csv writes them all.');
      return;
    }
    showView(viewOf(one));
  }
}

/** CSV to a stream, at the pace at which it is read. */
async function writeCsv(views: AsyncIterable<ForecastView>, stream: NodeJS.WritableStream): Promise<void> {
  for await (const chunk of csv(views)) {
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
  }
}

/** Rows of a table on a terminal. */
const ROWS = 48;

/** A chart and a table, to stdout. */
export function showView(view: ForecastView, rows = ROWS): void {
  console.log(`\n${chart(view, terminalLook(process.stdout, process.env))}\n`);
  printTable(tableOf(view, rows));
  const left = view.forecast.median.length - rows;
  if (left > 0) console.log(`… and ${left} steps more`);
}

/** The steps ahead with their median and intervals, or quantiles where there are no intervals. */
function tableOf({ forecast, history, futureTimes, timeLabel = String }: ForecastView, rows: number): string[][] {
  const { median, intervals, quantiles } = forecast;
  const columns: [string, readonly number[]][] = intervals
    ? Object.entries(intervals).flatMap(([level, { low, high }]): [string, readonly number[]][] => [
        [`low ${level} %`, low],
        [`high ${level} %`, high],
      ])
    : Object.entries(quantiles).map(([key, values]) => [`q${key}`, values]);
  const all: [string, readonly number[]][] = [['median', median], ...columns];
  const number = numberFormat(all.map(([, values]) => values));
  const cells = all.map(([title, values]) => {
    const texts = [title, ...values.slice(0, rows).map(number)];
    const width = Math.max(...texts.map(({ length }) => length));
    return texts.map((text) => text.padStart(width));
  });
  const times = median.slice(0, rows).map((_, i) => timeLabel(futureTimes?.[i] ?? history.length + i + 1));
  return [futureTimes ? 'time' : 'step', ...times].map((time, i) => [time, ...cells.map((column) => column[i])]);
}
