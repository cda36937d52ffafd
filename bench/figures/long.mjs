/** Long sequences: the scan's time grows with L and no faster, and a long prompt takes no more memory than a short one. */
import { generate, scope } from '@mamba-ts/core';
import { selectiveScan } from '@mamba-ts/core/ops';
import { inTurns } from '../timing.mjs';
import { make, shakespeare } from '../workloads.mjs';

const [SHORT, LONG] = [2 ** 16, 2 ** 20];
/** Channels: at 2^20 steps, three tensors of 256 MB. */
const D = 64;
const N = 16;

export async function run({ open, quick, cores }, name) {
  const backend = await open(name, cores);
  const scans = [SHORT, LONG].map((L) => {
    const [u, delta] = [backend.full([1, L, D], 0.5), backend.full([1, L, D], 0.01)];
    const [A, B, C] = [backend.full([D, N], -1), backend.full([1, L, N], 0.5), backend.full([1, L, N], 0.5)];
    return () => scope(() => void selectiveScan({ u, delta, A, B, C }));
  });
  const { ratio, spread, a, b } = await inTurns(scans[0], scans[1], {
    pairs: quick ? 3 : 7,
    seconds: quick ? 0.2 : 0.5,
  });
  return [
    {
      what: 'scan time, L = 2^16 → 2^20',
      against: 'itself',
      unit: 'times',
      goal: { from: 15.2, to: 16.8 },
      measured: ratio,
      spread,
      details: { shortSeconds: a, longSeconds: b },
    },
    await memoryOfPrompts(await open(name, cores), quick),
  ];
}

async function memoryOfPrompts(backend, quick) {
  const model = await make('d64', backend);
  const text = shakespeare();
  const { heap } = backend;
  const reserved = {};
  for (const length of [2 ** 12, quick ? 2 ** 15 : 2 ** 18]) {
    for await (const _ of generate(model, [...text.subarray(0, length)], { maxTokens: 1, temperature: 0 }));
    reserved[length] = heap.reserved;
  }
  const [short, long] = Object.values(reserved);
  return {
    what: `memory of reading a prompt, ${Object.keys(reserved).join(' → ')} tokens`,
    against: 'itself',
    unit: 'times',
    goal: { atMost: 1 },
    measured: long / short,
    details: { reserved },
  };
}
