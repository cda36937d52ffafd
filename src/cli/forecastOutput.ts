/** Where forecasts go: a file by its ending, CSV into a pipe, a chart and a table on a terminal. */
import { writeAtomic } from '../formats/atomicFile.ts';
import { csv, type ForecastView, html, json, png, type ReportFacts, svg } from '../forecast/report/index.ts';

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
  write: (views) => writeAtomic(path, encoded(chunks(views))),
});

const whole = (
  make: (views: readonly ForecastView[]) => Promise<string | Uint8Array>,
  most: number,
  path: string,
): Output => ({
  withPast: true,
  most,
  write: async (views) => {
    const made = await make(await collected(views));
    await writeAtomic(path, [typeof made === 'string' ? new TextEncoder().encode(made) : made]);
  },
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
      await writeAtomic(path, [new TextEncoder().encode(html(first, { ...facts(), total }))]);
    },
  }),
};

/** The output that the ending of `path` asks for. */
export function fileOutput(path: string, facts: () => ReportFacts): Output {
  const ending = /\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? '';
  const writer = Object.hasOwn(WRITERS, ending) ? WRITERS[ending] : undefined;
  if (writer) return writer(path, facts);
  throw new Error(
    `forecast: --out ${path} ends in ${ending === '' ? 'nothing' : ending}, expected ${Object.keys(WRITERS).join(', ')}.`,
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

async function* encoded(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const chunk of chunks) yield encoder.encode(chunk);
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
