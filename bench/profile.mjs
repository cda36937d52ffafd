/**
 * Where the time goes, kernel by kernel, in a training step, a forward or a token that is decoded:
 *
 *   node bench/profile.mjs [--model play|d64|d256|m130] [--what train|forward|decode] [--backend native]
 *     [--threads 2] [--shapes] [--steps 20]
 *
 * --shapes gives matrix products a line for each of their sizes, with GFLOP/s.
 */
import { parseArgs } from 'node:util';
import { openBackend, scope } from '@mamba-ts/core';
import { KernelWatch } from './instrument.mjs';
import { batchOf, make, models, stepper } from './workloads.mjs';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'play' },
    what: { type: 'string', default: 'train' },
    backend: { type: 'string', default: 'native' },
    threads: { type: 'string' },
    shapes: { type: 'boolean', default: false },
    steps: { type: 'string', default: '20' },
  },
});
const steps = Number(flags.steps);
const backend = await openBackend(flags.backend, { threads: flags.threads && Number(flags.threads) });
const model = await make(flags.model, backend);
const batch = batchOf(flags.model);
const step = {
  train: () => stepper(model, batch),
  forward: () => () => scope(() => void model.forward(batch)),
  decode: () => {
    const { state } = model.forward([[1]]);
    return () => scope(() => model.forward([[1]], { state, logits: 'last' }).logits.read());
  },
}[flags.what]();
const watch = new KernelWatch(backend.device, flags.shapes ? withSizes : undefined);

for (let i = 0; i < 5; i++) step();
const wall = () => {
  const begun = performance.now();
  for (let i = 0; i < steps; i++) step();
  return performance.now() - begun;
};
const plain = wall();
watch.start();
const timed = wall() - 1000 * watch.count * watch.addedCost;
watch.stop();

const { B, L } = flags.what === 'decode' ? { B: 1, L: 1 } : models[flags.model];
const perStep = (milliseconds) => milliseconds / steps;
console.log(
  `${flags.what} ${flags.model} on ${flags.backend} (${backend.device.description}): ${perStep(plain).toFixed(2)} ms a step, ` +
    `${Math.round((1000 * B * L) / perStep(plain))} tokens/s; while watched ${perStep(timed).toFixed(2)} ms; ` +
    `to call a kernel takes ${(1e6 * watch.callCost).toFixed(2)} µs`,
);
const rows = [...watch.calls].map(([name, { calls, seconds }]) => ({
  name,
  calls: calls / steps,
  ms: perStep(1000 * Math.max(0, seconds - calls * watch.callCost)),
}));
rows.push({ name: '(outside of kernels)', calls: 0, ms: perStep(timed - 1000 * watch.seconds) });
rows.sort((a, b) => b.ms - a.ms);
console.log('\n| kernel | calls | ms | share | GFLOP/s |\n|---|---|---|---|---|');
for (const { name, calls, ms } of rows) {
  const share = ((100 * ms) / perStep(timed)).toFixed(1);
  console.log(`| ${name} | ${calls || ''} | ${ms.toFixed(3)} | ${share} % | ${rate(name, calls, ms)} |`);
}
backend.dispose();

/** The slots are the arguments in the order of the C++ signatures. */
function withSizes(kernel, total, slots) {
  if (kernel === 'gemm') return `gemm M ${total} N ${slots[4]} K ${slots[5]}${slots[8] ? ' TN' : ''}`;
  if (kernel === 'gemm_pack') return `gemm_pack K ${slots[2]} N ${slots[3]}${slots[5] ? ' transposed' : ''}`;
  if (kernel === 'gemv') return `gemv M ${slots[4]} N ${total} K ${slots[5]}`;
  return kernel;
}

function rate(name, calls, ms) {
  const sizes = /^gem[mv] M (\d+) N (\d+) K (\d+)/.exec(name);
  if (!sizes) return '';
  const [M, N, K] = sizes.slice(1).map(Number);
  return ((2 * M * N * K * calls) / ms / 1e6).toFixed(0);
}
