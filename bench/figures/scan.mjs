/** The selective scan: its forward against vector exp (one a state and step), its backward against its forward. */

import { scope, valueAndGrad } from '@mamba-ts/core';
import { selectiveScan, sum } from '@mamba-ts/core/ops';
import { Random } from '@mamba-ts/core/random';
import { probes } from '../machine.mjs';
import { inTurns } from '../timing.mjs';

const GOALS = { native: 0.7, wasm: 0.9 };
const N = 16;

export async function run({ open, quick }, name) {
  const backend = await open(name, 1);
  const { exp, exps } = probes(backend);
  const pairs = quick ? 5 : 15;
  const rows = [];
  // The scan of the model with d_model 256, one row of a batch.
  const tensors = scanInput(backend, 1, 512, 512);
  const input = { ...tensors, deltaSoftplus: true };
  const { u, delta, A, B, C } = input;
  const states = u.size * N;
  for (const [kind, given, goal] of [
    ['as in the model: softplus(Δ + bias), D u, silu(z)', input, { atLeast: GOALS[name] }],
    ['bare recurrence', { u, delta, A, B, C }, undefined],
  ]) {
    const { ratio, spread, a, b } = await inTurns(() => scope(() => void selectiveScan(given)), exp, {
      pairs,
      seconds: 0.05,
    });
    rows.push({
      what: `scan forward, N = 16, ${kind}`,
      against: 'vector exp, same backend, one core',
      unit: 'percent',
      goal,
      measured: (ratio * states) / exps,
      spread: spread.map((one) => (one * states) / exps),
      details: { statesPerSecond: states / a, expPerSecond: exps / b },
    });
  }
  const forward = () => scope(() => void selectiveScan(input));
  const both = () => scope(() => void valueAndGrad(() => sum(selectiveScan(input).out), tensors));
  const { ratio, spread, a, b } = await inTurns(forward, both, { pairs, seconds: 0.05 });
  rows.push({
    what: 'scan forward + backward',
    against: 'its forward',
    unit: 'times',
    goal: { atMost: 4 },
    measured: ratio,
    spread,
    details: { forwardSeconds: a, bothSeconds: b },
  });
  return rows;
}

/** What a Mamba layer gives its scan at the start of training. */
export function scanInput(backend, batch, L, D) {
  const random = new Random(1);
  const values = (shape, f) => backend.tensor(Float32Array.from({ length: shape.reduce((n, d) => n * d) }, f), shape);
  const normal = (shape, scale) => values(shape, () => scale * random.normal());
  return {
    u: normal([batch, L, D], 1),
    delta: normal([batch, L, D], 0.1),
    A: values([D, N], (_, i) => -((i % N) + 1)),
    B: normal([batch, L, N], 1),
    C: normal([batch, L, N], 1),
    D: normal([D], 1),
    z: normal([batch, L, D], 1),
    deltaBias: values([D], () => -6 + 4 * random.uniform()),
  };
}
