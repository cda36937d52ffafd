/** Training on all cores against training on one. */
import { inTurns } from '../timing.mjs';
import { batchOf, make, models, stepper } from '../workloads.mjs';

export async function run({ open, quick, cores }, name) {
  const rows = [];
  for (const model of ['play', 'd64', 'd256']) {
    const batch = batchOf(model);
    const steps = [];
    for (const threads of [cores, 1]) steps.push(stepper(await make(model, await open(name, threads)), batch));
    const { ratio, spread, a, b } = await inTurns(steps[0], steps[1], {
      pairs: quick ? 3 : 9,
      seconds: quick ? 0.1 : 0.5,
    });
    const { dModel, nLayer, B, L } = models[model];
    rows.push({
      what: `training on ${cores} threads, d_model ${dModel}, ${nLayer} layers, L ${L}, B ${B}`,
      against: 'one thread',
      unit: 'times',
      goal: { atLeast: 1.7 },
      measured: ratio,
      spread,
      details: { tokensPerSecond: (B * L) / a, onOneThread: (B * L) / b },
    });
  }
  return rows;
}
