/** Reading a prompt: a layer's scan of Mamba-3 SISO against Mamba-2's of the same size. */

import { scope } from '@mamba-ts/core';
import { mamba3Scan, ssd } from '@mamba-ts/core/ops';
import { Random } from '@mamba-ts/core/random';
import { inTurns } from '../timing.mjs';
import { make, models, shakespeare } from '../workloads.mjs';
import { SIZES, ssdInput } from './ssd.mjs';

export async function run({ open, quick }, name) {
  const backend = await open(name, 1);
  const { B, L, H, P, N } = SIZES;
  const random = new Random(2);
  const values = (shape, f) => backend.tensor(Float32Array.from({ length: shape.reduce((n, d) => n * d) }, f), shape);
  const normal = (shape, scale) => values(shape, () => scale * random.normal());
  const two = ssdInput(backend);
  const states = [B, L, 1, 1, N];
  const three = {
    C: normal(states, 1),
    B: normal(states, 1),
    x: two.x,
    ADT: values([B, L, H], () => -0.05 * random.uniform()),
    DT: values([B, L, H], () => 0.05 * random.uniform()),
    trap: normal([B, L, H], 1),
    angles: normal([B, L, H, N / 4], 1),
    CBias: normal([H, 1, N], 1),
    BBias: normal([H, 1, N], 1),
    D: two.D,
  };
  const scans = await inTurns(
    () => scope(() => void mamba3Scan(three)),
    () => scope(() => void ssd({ ...two, dtSoftplus: true })),
    { pairs: quick ? 3 : 9, seconds: 0.1 },
  );
  const prefill = await prompts(backend, quick);
  const row = (what, goal, { ratio, spread, a, b }) => ({
    what,
    against: "Mamba-2's, equal size",
    unit: 'times',
    goal,
    measured: ratio,
    spread,
    details: { seconds: a, theirs: b },
  });
  const { dModel, nLayer } = models.mamba3;
  return [
    row(`Mamba-3 SISO prefill, tokens/s, d_model ${dModel}, ${nLayer} layers, L ${L}`, { atLeast: 0.5 }, prefill),
    row(`Mamba-3's SISO scan, forward, L ${L}, ${H} heads of ${P}, N = ${N}`, undefined, scans),
  ];
}

/** Both models read the same text. */
async function prompts(backend, quick) {
  const tokens = [[...shakespeare().subarray(0, SIZES.L)]];
  const [two, three] = [await make('mamba2', backend), await make('mamba3', backend)];
  const read = (model) => () => scope(() => void model.forward(tokens, { logits: 'last' }));
  return inTurns(read(three), read(two), { pairs: quick ? 3 : 9, seconds: 0.1 });
}
