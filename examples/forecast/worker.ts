/** Reads tables and forecasts them, off the page's thread. Loads the package as any page does. */
import { loadForecaster, openBackend, openTimeTable, report, tables } from 'mamba-ts';
import type { Answer, Reply, Request, Source } from './messages.ts';

/** Panels of the picture; the CSV has all series. */
const DRAWN = 12;

const say = (reply: Reply) => self.postMessage(reply);

async function load(folder: string) {
  const backend = await openBackend();
  const forecaster = await loadForecaster(folder, { backend });
  say({ kind: 'ready', device: backend.device.description });
  return forecaster;
}
let loaded: ReturnType<typeof load> | undefined;

type Wish = Extract<Request, { kind: 'forecast' }>;

async function forecast({ job, source, horizon: wanted, levels, width }: Wish): Promise<Answer> {
  const forecaster = await loaded;
  if (!forecaster) throw new Error('the forecaster was not loaded, expected it before a table.');
  const begun = performance.now();
  const table = await openTimeTable(sourceOf(source));
  const { first } = table;
  const horizon = wanted ?? tables.suggestedHorizon(table);
  const notes = new tables.TableNotes(table);
  const views: report.ForecastView[] = [];
  const csv: string[] = [];
  for await (const one of forecaster.forecast(table, { horizon, levels })) {
    notes.add(one.series);
    const view = report.viewOf(one);
    if (views.length < DRAWN) views.push(view);
    if (csv.length === 0) csv.push(report.csvHeader(view));
    csv.push(report.csvRows(view));
    if (notes.count % 100 === 0) say({ kind: 'progress', job, series: notes.count });
  }
  const left = notes.count > views.length ? `; ${notes.count} series, the first ${views.length} of them drawn` : '';
  return {
    kind: 'answer',
    job,
    horizon,
    facts: [
      tables.layoutLine(table),
      `${tables.stepsLine(first)}${left}`,
      `${Math.round(performance.now() - begun)} ms`,
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

/** Streams can't be walked by `for await` in every browser. */
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
    loaded.catch((error: Error) => say({ kind: 'failed', message: error.message }));
    return;
  }
  const { job } = data;
  forecast(data).then(say, (error: Error) => say({ kind: 'failed', job, message: error.message }));
};
