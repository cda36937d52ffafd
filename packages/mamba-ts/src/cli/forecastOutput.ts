/** Where forecasts go: a file by its ending, CSV into a pipe, a chart and a table on a terminal. */
import { UsageError } from '@mamba-ts/core/errors';
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
} from '@mamba-ts/forecast/report';
import { printTable } from './terminal.ts';
import { writeFile } from './textFile.ts';

/** Views as they come; `withPast` says whether their past is wanted. */
export interface Output {
  readonly withPast: boolean;
  /** The most series that it shows; others are refused. */
  readonly most: number;
  write(views: AsyncIterable<ForecastView>): Promise<void>;
}

/** A picture of more is read by nobody, and held in memory whole. */
const MOST_IN_PICTURE = 12;
/** A report says how many more there are. */
const MOST_IN_REPORT = 300;

/** `facts` is asked when all series have been read: notes are complete then. */
type Writer = (path: string, facts: () => ReportFacts) => Output;

const text = (chunks: (views: AsyncIterable<ForecastView>) => AsyncIterable<string>, path: string): Output => ({
  withPast: false,
  most: Number.POSITIVE_INFINITY,
  write: (views) => writeFile(path, chunks(views)),
});

const whole = (
  make: (views: readonly ForecastView[]) => Promise<string | Uint8Array>,
  most: number,
  path: string,
): Output => ({
  withPast: true,
  most,
  write: async (views) => writeFile(path, await make(await collected(views))),
});

const WRITERS: Readonly<Record<string, Writer>> = {
  '.csv': (path) => text(csv, path),
  '.json': (path) => text(json, path),
  '.svg': (path) => whole(async (views) => svg(views), MOST_IN_PICTURE, path),
  '.png': (path) => whole(async (views) => png(svg(views)), MOST_IN_PICTURE, path),
  '.html': (path, facts) => ({
    withPast: true,
    most: Number.POSITIVE_INFINITY,
    write: async (views) => {
      const { first, total } = await firstOf(views, MOST_IN_REPORT);
      await writeFile(path, html(first, { ...facts(), total }));
    },
  }),
};

/** The output that the ending of `path` asks for. */
export function fileOutput(path: string, facts: () => ReportFacts): Output {
  const ending = /\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? '';
  const writer = Object.hasOwn(WRITERS, ending) ? WRITERS[ending] : undefined;
  if (writer) return writer(path, facts);
  throw new UsageError(
    'forecast',
    `--out ${path} ends in ${ending === '' ? 'nothing' : ending}, expected ${Object.keys(WRITERS).join(', ')}.`,
  );
}

/** CSV to a stream that may be closed early, as head does. */
export async function writeCsv(views: AsyncIterable<ForecastView>, stream: NodeJS.WritableStream): Promise<void> {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  for await (const chunk of csv(views)) {
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
  }
}

async function collected(views: AsyncIterable<ForecastView>): Promise<ForecastView[]> {
  return (await firstOf(views, Number.POSITIVE_INFINITY)).first;
}

async function firstOf(
  views: AsyncIterable<ForecastView>,
  most: number,
): Promise<{ first: ForecastView[]; total: number }> {
  const first: ForecastView[] = [];
  let total = 0;
  for await (const view of views) if (++total <= most) first.push(view);
  return { first, total };
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
