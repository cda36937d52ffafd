/** A matrix times a vector, all cores, against a plain read of the same bytes. */

import { scope } from '@mamba-ts/core';
import { multiply } from '../../packages/core/dist/ops/gemm.js';
import { probes } from '../machine.mjs';
import { inTurns } from '../timing.mjs';

const GOALS = { native: 0.95, wasm: 0.85 };
/** From memory for sure; mamba-130m's head, of which a large last cache may hold a part; its in_proj, which fits one. */
const SIZES = [
  { outputs: 131072, inputs: 1024, goal: true },
  { outputs: 50280, inputs: 768, goal: true },
  { outputs: 3072, inputs: 768, goal: false },
];

export async function run({ open, quick, cores }, name) {
  const backend = await open(name, cores);
  const { read } = probes(backend);
  const rows = [];
  for (const { outputs, inputs, goal } of SIZES) {
    const w = backend.full([outputs, inputs], 0.5);
    const [x, y] = [backend.full([1, inputs], 0.5), backend.empty([1, outputs])];
    const product = () => multiply({ tensor: x }, { tensor: w, transposed: true }, y);
    const { ratio, spread, a, b } = await inTurns(
      () => scope(product),
      () => read(w),
      { pairs: quick ? 5 : 15, seconds: 0.05 },
    );
    const gigabytes = (4 * w.size) / 1e9;
    rows.push({
      what: `GEMV f32, ${cores} cores, ${outputs} × ${inputs}${goal ? '' : ' (from the last cache)'}`,
      against: 'plain read of the same bytes',
      unit: 'percent',
      goal: goal ? { atLeast: GOALS[name] } : undefined,
      measured: ratio,
      spread,
      details: { gigabytesPerSecond: gigabytes / a, plainRead: gigabytes / b },
    });
    w.dispose();
  }
  return rows;
}
