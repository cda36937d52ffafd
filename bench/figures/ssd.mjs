/** Mamba-2's scan: its chunked form against its recurrence, in outputs and in gradients. */

import { scope, valueAndGrad } from '@mamba-ts/core';
import { ssd, sum } from '@mamba-ts/core/ops';
import { Random } from '@mamba-ts/core/random';
import { inTurns } from '../timing.mjs';

export const SIZES = { B: 2, L: 2048, H: 24, P: 64, N: 64 };

export async function run({ open, quick }, name) {
  const { B, L, H, P, N } = SIZES;
  const tensors = ssdInput(await open(name, 1));
  const scan = (form) => ssd({ ...tensors, dtSoftplus: true, form }).out;
  const kinds = {
    forward: (form) => scope(() => void scan(form)),
    'forward + backward': (form) => scope(() => void valueAndGrad(() => sum(scan(form)), tensors)),
  };
  const rows = [];
  for (const [kind, of] of Object.entries(kinds)) {
    const { ratio, spread, a, b } = await inTurns(
      () => of('chunked'),
      () => of('recurrent'),
      { pairs: quick ? 3 : 9, seconds: 0.1 },
    );
    const states = B * L * H * P * N;
    rows.push({
      what: `Mamba-2's scan in chunks, ${kind}, L ${L}, ${H} heads of ${P}, N = ${N}`,
      against: 'its recurrence, one core',
      unit: 'times',
      goal: { atLeast: 3 },
      measured: ratio,
      spread,
      details: { statesPerSecond: states / a, recurrence: states / b },
    });
  }
  return rows;
}

/** What a Mamba-2 layer gives its scan at the start of training. */
export function ssdInput(backend) {
  const { B, L, H, P, N } = SIZES;
  const random = new Random(1);
  const values = (shape, f) => backend.tensor(Float32Array.from({ length: shape.reduce((n, d) => n * d) }, f), shape);
  const normal = (shape, scale) => values(shape, () => scale * random.normal());
  return {
    x: normal([B, L, H, P], 1),
    dt: normal([B, L, H], 0.1),
    A: values([H], () => -1 - 15 * random.uniform()),
    B: normal([B, L, 1, N], 1),
    C: normal([B, L, 1, N], 1),
    D: values([H], () => 1),
    dtBias: values([H], () => -6 + 4 * random.uniform()),
  };
}
