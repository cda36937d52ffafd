/**
 * A training step of each family against PyTorch on the same cores: the same weights, batch and optimiser,
 * and the losses must agree.
 *
 * Mamba-1 and RWKV-4 twice, as train.mjs does: the usual path, whose backward takes time with the square
 * of L (left out by --quick), and the same with a linear scan. What the peer runs for each family: bench/peers/families.py.
 */
import { median } from '@mamba-ts/core/math';
import { perSecond, turns } from '../timing.mjs';
import { batchOf, make, models, save, stepper } from '../workloads.mjs';
import { peerStep } from './train.mjs';

export const needsPeer = true;

const FAMILIES = {
  mamba1: { name: 'Mamba-1', goal: 3, against: "transformers' model", linear: true },
  rwkv4: { name: 'RWKV-4', goal: 3, against: "transformers' model", linear: true },
  s4d: { name: 'S4D', goal: 1.5, against: 's4d.py in the same block' },
  mamba2: { name: 'Mamba-2', goal: 1.5, against: "transformers' model" },
  mamba3: { name: 'Mamba-3', goal: 3, against: 'a loop over steps in PyTorch' },
  transformer: { name: 'Transformer', goal: 0.8, against: "transformers' Llama, sdpa" },
};

export async function runTogether(bench, backends) {
  const rows = [];
  for (const id of Object.keys(FAMILIES)) {
    bench.log(id);
    try {
      rows.push(...(await compare(bench, backends, id)));
    } catch (error) {
      rows.push({ what: `training step, ${FAMILIES[id].name}`, failed: `failed: ${error.message.slice(0, 160)}` });
    }
  }
  return rows;
}

async function compare({ open, quick, cores, peer }, backends, id) {
  const { name, goal, against, linear } = FAMILIES[id];
  const { dModel, nLayer, B, L } = models[id];
  const batch = batchOf(id);
  const sides = [];
  for (const backend of backends) {
    const device = await open(backend, cores);
    sides.push({ backend, model: await make(id, device), step: stepper(await make(id, device), batch) });
  }
  const losses = sides.map(({ model }) => stepper(model, batch)());
  const path = await save(id, await make(id, sides[0].model.backend));
  const theirs = await peerStep(peer, id, path, batch, sides[0].model, Boolean(linear));
  const ours = sides.map(({ step }) => perSecond(step, quick ? 0.3 : 1));
  const samples = await turns([...ours, theirs.step], { pairs: quick ? 1 : 3 });
  await theirs.drop();
  // A step of the usual path takes minutes on a busy machine: one, after all others.
  let usual;
  if (linear && !quick) {
    const other = await peerStep(peer, `${id} usual`, path, batch, sides[0].model, false);
    usual = await other.step();
    await other.drop();
  }

  const size = `d_model ${dModel}, ${nLayer} layers, L ${L}, B ${B}`;
  return sides.flatMap(({ backend }, i) => {
    const apart = Math.abs(losses[i] - theirs.losses[0]);
    const seconds = median(samples.map((turn) => turn[i]));
    const row = (opponent, ratios) => ({
      backend,
      what: `training step, ${name}, ${size}`,
      against: opponent,
      unit: 'times',
      goal: { atLeast: goal },
      // Speed on another function is no figure.
      ...(apart <= 1e-4 ? { measured: median(ratios) } : { failed: `the losses differ by ${apart.toExponential(1)}` }),
      spread: [Math.min(...ratios), Math.max(...ratios)],
      details: { loss: losses[i], theirLoss: theirs.losses[0], seconds, theirs: seconds * median(ratios) },
    });
    const inTurns = samples.map((turn) => turn.at(-1) / turn[i]);
    return [
      ...(usual ? [row(`${against}, one step`, [usual / seconds])] : []),
      row(linear ? 'the same, its backward made linear in L' : against, inTurns),
    ];
  });
}
