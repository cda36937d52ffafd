/**
 * Training against Hugging Face: the same weights, batch and optimiser, and the losses must agree.
 *
 * Its backward takes time with the square of L (each step of its scan indexes a tensor over all L, and
 * autograd gives that a gradient of the whole size), so its steps are few, and all backends share them.
 */
import { median, perSecond, turns } from '../timing.mjs';
import { adamW, batchOf, make, models, save, stepper } from '../workloads.mjs';

export const needsPeer = true;

const GOALS = { d64: 15, d256: 5 };

export async function runTogether(bench, backends) {
  const rows = [];
  for (const id of Object.keys(GOALS)) rows.push(...(await compare(bench, backends, id)));
  return rows;
}

async function compare({ open, quick, cores, peer }, backends, id) {
  const { dModel, nLayer, B, L } = models[id];
  const batch = batchOf(id);
  const sides = [];
  for (const backend of backends) {
    const device = await open(backend, cores);
    const [compared, timed] = [await make(id, device), await make(id, device)];
    sides.push({
      backend,
      model: compared,
      compared: stepper(compared, batch),
      timed: stepper(timed, batch),
      losses: [],
    });
  }
  await preparePeer(peer, id, batch, sides[0].model);
  const theirs = [];
  const theirStep = async () => {
    const { seconds, losses } = await peer.ask('train', { id, steps: 1 });
    theirs.push(...losses);
    return seconds;
  };
  const seconds = quick ? 0.3 : 2;
  const samples = await turns([...sides.map(({ timed }) => perSecond(timed, seconds)), theirStep], {
    pairs: quick ? 1 : 3,
  });
  await peer.ask('drop', { id });

  const size = `d_model ${dModel}, ${nLayer} layers, L ${L}, B ${B}`;
  const last = theirs.length - 1;
  return sides.flatMap(({ backend, compared }, i) => {
    const ours = theirs.map(compared);
    const apart = ours.map((loss, k) => Math.abs(loss - theirs[k]));
    const agreement = {
      backend,
      unit: 'number',
      goal: { atMost: 1e-4 },
      against: 'Hugging Face',
      details: { ours, theirs },
    };
    const ratios = samples.map((turn) => turn.at(-1) / turn[i]);
    return [
      { ...agreement, what: `loss, same weights, ${size}: difference`, measured: apart[0] },
      { ...agreement, what: `loss after ${last} AdamW steps, ${size}: difference`, measured: apart[last] },
      {
        backend,
        what: `training tokens/s, ${size}`,
        against: 'Hugging Face on PyTorch',
        unit: 'times',
        goal: { atLeast: GOALS[id] },
        // Speed on another function is no figure.
        ...(apart[0] <= 1e-4 ? { measured: median(ratios) } : { failed: 'the losses differ' }),
        spread: [Math.min(...ratios), Math.max(...ratios)],
        details: {
          tokensPerSecond: (B * L) / median(samples.map((turn) => turn[i])),
          theirs: (B * L) / median(samples.map((turn) => turn.at(-1))),
        },
      },
    ];
  });
}

async function preparePeer(peer, id, { tokens, targets, B, L }, model) {
  await peer.ask('load', { id, path: await save(id, model) });
  await peer.ask('batch', { id, tokens: [...tokens], targets: [...targets], B, L });
  const { lr, beta1, beta2, eps, weightDecay: weight_decay } = adamW;
  const no_decay = model.tree.list().flatMap(({ name, decay }) => (decay ? [] : [name]));
  await peer.ask('optimizer', { id, no_decay, lr, beta1, beta2, eps, weight_decay });
}
