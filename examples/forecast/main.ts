/** The page: a table in, a chart out. The model runs in worker.ts. */
import type { Answer, Reply, Request, Source } from './messages.ts';
import { pastedTable } from './pasted.ts';
import { SAMPLE } from './sample.ts';

const find = <E extends HTMLElement>(selector: string) => document.querySelector(selector) as E;
const drop = find('#drop');
const file = find<HTMLInputElement>('#file');
const horizon = find<HTMLInputElement>('#horizon');
const level = find<HTMLSelectElement>('#level');
const message = find('#message');
const status = find('#status');
const chart = find('#chart');

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const send = (request: Request) => worker.postMessage(request);
// The weights are files next to this page.
send({ kind: 'load', folder: new URL('.', document.baseURI).href.replace(/\/$/, '') });

let source: Source | undefined;
let device = '';
let job = 0;

/** Forecasts the table. `again`: with the horizon of the controls. */
function forecast(again = false): void {
  if (!source) return;
  const wanted = again && horizon.value !== '' ? Number(horizon.value) : undefined;
  document.body.dataset.state = 'working';
  status.textContent = device ? 'Forecasting …' : 'Loading the model …';
  message.textContent = '';
  const width = Math.round(Math.min(760, Math.max(320, find('main').clientWidth - 42)));
  send({ kind: 'forecast', job: ++job, source, horizon: wanted, levels: level.value.split(',').map(Number), width });
}

function open(table: Source): void {
  source = table;
  // The result shown is that of another table.
  find('#result').hidden = true;
  forecast();
}

function show({ horizon: steps, facts, notes, svg, csv, table }: Answer): void {
  find('#result').hidden = false;
  horizon.value = String(steps);
  find('#facts').textContent = facts.join(' · ');
  const picture = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  chart.replaceChildren(document.importNode(picture, true));
  find('#notes').replaceChildren(...notes.map((note) => element('li', note)));
  find('#table').replaceChildren(
    ...table.map((row, i) => {
      const line = document.createElement('tr');
      line.append(...row.map((cell) => element(i === 0 ? 'th' : 'td', cell)));
      return line;
    }),
  );
  find('#csv').onclick = () => save('forecast.csv', csv, 'text/csv');
  find('#svg').onclick = () => save('forecast.svg', svg, 'image/svg+xml');
}

function save(name: string, text: string, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function idle(text = device): void {
  document.body.dataset.state = 'idle';
  status.textContent = text;
}

worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
  if (reply.kind === 'ready') {
    device = `The model runs on ${reply.device}.`;
    if (document.body.dataset.state === 'loading') idle();
    return;
  }
  // The answer to an earlier request.
  if (reply.job !== undefined && reply.job !== job) return;
  if (reply.kind === 'progress') {
    status.textContent = `Forecasting … ${reply.series.toLocaleString('en')} series`;
    return;
  }
  if (reply.kind === 'answer') show(reply);
  else message.textContent = reply.message;
  idle();
};
worker.onerror = () => {
  message.textContent = 'The worker did not start. See the console.';
};

file.onchange = () => {
  const [chosen] = file.files ?? [];
  if (chosen) open({ file: chosen });
  // So that the same file can be chosen again after it was fixed.
  file.value = '';
};
find('#sample').onclick = () => open(SAMPLE);
find('#take').onclick = () => open(pastedTable(find<HTMLTextAreaElement>('#pasted').value));
horizon.onchange = () => forecast(true);
level.onchange = () => forecast(true);

// A file may be dropped anywhere on the page.
document.ondragover = (event) => {
  event.preventDefault();
  drop.classList.add('over');
};
document.ondragleave = () => drop.classList.remove('over');
document.ondrop = (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  const [dropped] = event.dataTransfer?.files ?? [];
  if (dropped) open({ file: dropped });
};
