/** Reads tables and forecasts them, off the main thread. */
import { loadForecaster, openBackend, openTimeTable, report, tables } from 'mamba-ts';
import type { Answer, Reply, Request, Source } from './messages.ts';

/** The largest number of series in the chart; the CSV has all. */
const MAX_DRAWN = 12;

const send = (reply: Reply) => self.postMessage(reply);

async function load(folder: string) {
  const backend = await openBackend();
  const forecaster = await loadForecaster(folder, { backend });
  send({ kind: 'ready', device: backend.device.description });
  return forecaster;
}
let loaded: ReturnType<typeof load> | undefined;

type ForecastRequest = Extract<Request, { kind: 'forecast' }>;

async function forecast({ job, source, horizon: wanted, levels, width }: ForecastRequest): Promise<Answer> {
  const forecaster = await loaded;
  if (!forecaster) throw new Error('no forecaster is loaded, expected a message to load one first.');
  const begin = performance.now();
  const table = await openTimeTable(sourceOf(source));
  const { first } = table;
  const horizon = wanted ?? tables.suggestedHorizon(table);
  const notes = new tables.TableNotes(table);
  const views: report.ForecastView[] = [];
  const csv: string[] = [];
  for await (const result of forecaster.forecast(table, { horizon, levels })) {
    notes.add(result.series);
    const view = report.viewOf(result);
    if (views.length < MAX_DRAWN) views.push(view);
    if (csv.length === 0) csv.push(report.csvHeader(view));
    csv.push(report.csvRows(view));
    if (notes.count % 100 === 0) send({ kind: 'progress', job, series: notes.count });
  }
  const omitted = notes.count > views.length ? `; ${notes.count} series, of which ${views.length} are drawn` : '';
  return {
    kind: 'answer',
    job,
    horizon,
    facts: [
      tables.layoutLine(table),
      `${tables.stepsLine(first)}${omitted}`,
      `${Math.round(performance.now() - begin)} ms`,
    ],
    notes: notes.lines(),
    svg: report.svg(views, { width }),
    csv: csv.join(''),
    table: report.shownRows(views[0]),
  };
}

function sourceOf(source: Source) {
  return 'file' in source ? { bytes: chunksOf(source.file), name: source.file.name } : source;
}

/** The chunks of a file. Not every browser can iterate a stream by `for await`. */
async function* chunksOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
  if (data.kind === 'load') {
    loaded = load(data.folder);
    loaded.catch((error: Error) => send({ kind: 'failed', message: error.message }));
    return;
  }
  const { job } = data;
  forecast(data).then(send, (error: Error) => send({ kind: 'failed', job, message: error.message }));
};
