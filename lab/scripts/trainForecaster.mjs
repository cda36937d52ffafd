// Trains the forecaster on synthetic series alone. Continues a run that was stopped: give the same command again.
//
//   npm run build && node lab/scripts/trainForecaster.mjs --out runs/forecaster --iters 18000
import { parseArgs } from 'node:util';
import { trainForecaster } from '../dist/forecaster/train.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'runs/forecaster' },
    iters: { type: 'string', default: '18000' },
    seconds: { type: 'string' },
    threads: { type: 'string' },
    seed: { type: 'string', default: '2026' },
    budget: { type: 'string', default: '2048' },
    rate: { type: 'string', default: '1.5e-3' },
    config: { type: 'string', default: '{"model":"mamba","dModel":192,"nLayer":4,"dState":16}' },
  },
});
const abort = new AbortController();
process.once('SIGINT', () => abort.abort());
process.once('SIGTERM', () => abort.abort());
const text = (line) =>
  Object.entries(line)
    .map(([key, value]) => `${key} ${Number.isInteger(value) ? value : value.toPrecision(4)}`)
    .join('  ');
const { iter, isDone } = await trainForecaster({
  out: values.out,
  config: JSON.parse(values.config),
  budget: Number(values.budget),
  options: {
    seed: Number(values.seed),
    maxIters: Number(values.iters),
    learningRate: Number(values.rate),
    minLearningRate: 1e-5,
    schedule: 'wsd',
    decayFraction: 0.25,
    warmupIters: 300,
    weightDecay: 0.05,
    beta2: 0.98,
    gradClip: 1,
  },
  evalEvery: 1000,
  saveEvery: 500,
  threads: values.threads && Number(values.threads),
  seconds: values.seconds && Number(values.seconds),
  signal: abort.signal,
  report: (line) => console.log(text(line)),
});
console.log(isDone ? `Done: ${iter} updates.` : `Stopped after ${iter} updates. The same command continues.`);
process.exit(0);
