/**
 * A training step of each family against PyTorch on the same cores: the same weights, batch and optimiser,
 * and the losses must agree.
 *
 * Mamba-1 and RWKV-4 twice, as train.mjs does: the usual path, whose backward takes time with the square
 * of L, and the same with that mended. What the peer runs for each family: bench/peers/families.py.
 */
import { median, perSecond, turns } from '../timing.mjs';
import { batchOf, make, models, save, stepper } from '../workloads.mjs';
import { peerStep } from './train.mjs';

export const needsPeer = true;

const FAMILIES = {
  mamba1: { name: 'Mamba-1', goal: 3, against: "transformers' model", mended: true },
  rwkv4: { name: 'RWKV-4', goal: 3, against: "transformers' model", mended: true },
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
      rows.push({ what: `training step, ${FAMILIES[id].name}`, failed: `failed: ${error.message}` });
    }
  }
  return rows;
}

async function compare({ open, quick, cores, peer }, backends, id) {
  const { name, goal, against, mended } = FAMILIES[id];
  const { dModel, nLayer, B, L } = models[id];
  const batch = batchOf(id);
  const sides = [];
  for (const backend of backends) {
    const device = await open(backend, cores);
    sides.push({ backend, model: await make(id, device), step: stepper(await make(id, device), batch) });
  }
  const losses = sides.map(({ model }) => stepper(model, batch)());
  const path = await save(id, await make(id, sides[0].model.backend));
  const paths = [];
  for (const linear of mended ? [false, true] : [false]) {
    paths.push(await peerStep(peer, `${id} ${linear}`, path, batch, sides[0].model, linear));
  }
  const ours = sides.map(({ step }) => perSecond(step, quick ? 0.3 : 1));
  const samples = await turns([...ours, ...paths.map(({ step }) => step)], { pairs: quick ? 1 : 3 });
  for (const { drop } of paths) await drop();

  const size = `d_model ${dModel}, ${nLayer} layers, L ${L}, B ${B}`;
  return sides.flatMap(({ backend }, i) => {
    const apart = Math.abs(losses[i] - paths[0].losses[0]);
    const opponents = [against, ...(mended ? ['the same, its backward made linear in L'] : [])];
    return opponents.map((opponent, k) => {
      const column = sides.length + k;
      const ratios = samples.map((turn) => turn[column] / turn[i]);
      return {
        backend,
        what: `training step, ${name}, ${size}`,
        against: opponent,
        unit: 'times',
        goal: { atLeast: goal },
        // Speed on another function is no figure.
        ...(apart <= 1e-4 ? { measured: median(ratios) } : { failed: `the losses differ by ${apart.toExponential(1)}` }),
        spread: [Math.min(...ratios), Math.max(...ratios)],
        details: {
          loss: losses[i],
          theirLoss: paths[0].losses[0],
          seconds: median(samples.map((turn) => turn[i])),
          theirs: median(samples.map((turn) => turn[column])),
        },
      };
    });
  });
}
