/** The page: two buttons, a chart and a text. The model runs in worker.ts. */
import { drawChart } from './chart.ts';
import type { Reply, Request } from './messages.ts';

const find = <E extends Element>(selector: string) => document.querySelector(selector) as E;
const trainButton = find<HTMLButtonElement>('#train');
const writeButton = find<HTMLButtonElement>('#write button');
const text = find<HTMLPreElement>('#text');
const progress = find<HTMLElement>('#progress');
const device = find<HTMLElement>('#device');
const chart = find<SVGSVGElement>('#chart');
const entered = (selector: string) => find<HTMLInputElement>(selector).value;

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const send = (request: Request) => worker.postMessage(request);
const losses: number[] = [];
let training = false;
let drawing = false;

function show(state: 'idle' | 'training' | 'writing'): void {
  training = state === 'training';
  document.body.dataset.state = state;
  trainButton.textContent = training ? 'Stop' : losses.length ? 'Continue training' : 'Train';
  trainButton.disabled = state === 'writing';
  writeButton.disabled = state !== 'idle';
}

function redraw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    drawChart(chart, losses);
  });
}

worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
  switch (reply.kind) {
    case 'ready':
      device.textContent = `${reply.device}${crossOriginIsolated ? '' : ' (1 thread, because the page is not cross-origin isolated)'}`;
      return show('idle');
    case 'step':
      losses.push(reply.loss / Math.LN2);
      progress.textContent = `update ${reply.iter.toLocaleString('en')} · ${(losses.at(-1) as number).toFixed(2)} bits per byte · ${Math.round(reply.bytesPerSecond).toLocaleString('en')} bytes/s`;
      return redraw();
    case 'begin':
      text.textContent = reply.prompt;
      return;
    case 'piece':
      text.textContent += reply.text;
      return;
    case 'trained':
      return show('idle');
    case 'written':
      return training ? undefined : show('idle');
    case 'failed':
      device.textContent = reply.message;
  }
};
worker.onerror = () => {
  device.textContent = 'The worker did not start. See the console.';
};

trainButton.onclick = () => {
  if (training) return send({ kind: 'stop' });
  show('training');
  send({ kind: 'train', steps: Number(entered('#steps')) });
};

find<HTMLFormElement>('#write').onsubmit = (event) => {
  event.preventDefault();
  show('writing');
  send({ kind: 'write', prompt: entered('#prompt') || '\n', temperature: Number(entered('#temperature')) });
};

new ResizeObserver(redraw).observe(chart);
redraw();
