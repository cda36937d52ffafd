/**
 * Training against Hugging Face: the same weights, batch and optimiser, and the losses must agree.
 *
 * Twice: its usual path, whose backward is quadratic in L, and the same with a linear scan (linear_scan in
 * bench/peers/hf_mamba.py). The goals are for the first; the second is the fairer comparison.
 */
import { median } from '@mamba-ts/core/math';
import { perSecond, turns } from '../timing.mjs';
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
  const path = await save(id, sides[0].model);
  const usual = await peerStep(peer, id, path, batch, sides[0].model, false);
  const linear = await peerStep(peer, `${id} linear`, path, batch, sides[0].model, true);
  const ours = sides.map(({ timed }) => perSecond(timed, quick ? 0.3 : 2));
  const samples = await turns([...ours, usual.step, linear.step], { pairs: quick ? 1 : 3 });
  for (const { drop } of [usual, linear]) await drop();

  const size = `d_model ${dModel}, ${nLayer} layers, L ${L}, B ${B}`;
  const last = usual.losses.length - 1;
  return sides.flatMap(({ backend, compared }, i) => {
    const losses = usual.losses.map(compared);
    const apart = losses.map((loss, k) => Math.abs(loss - usual.losses[k]));
    const agreement = {
      backend,
      unit: 'number',
      goal: { atMost: 1e-4 },
      against: 'Hugging Face',
      details: { ours: losses, theirs: usual.losses },
    };
    const speed = (against, column) => {
      const ratios = samples.map((turn) => turn.at(column) / turn[i]);
      return {
        backend,
        what: `training tokens/s, ${size}`,
        against,
        unit: 'times',
        goal: { atLeast: GOALS[id] },
        // Speed on another function is no figure.
        ...(apart[0] <= 1e-4 ? { measured: median(ratios) } : { failed: 'the losses differ' }),
        spread: [Math.min(...ratios), Math.max(...ratios)],
        details: {
          tokensPerSecond: (B * L) / median(samples.map((turn) => turn[i])),
          theirs: (B * L) / median(samples.map((turn) => turn.at(column))),
        },
      };
    };
    return [
      { ...agreement, what: `loss, same weights, ${size}: difference`, measured: apart[0] },
      { ...agreement, what: `loss after ${last} AdamW steps, ${size}: difference`, measured: apart[last] },
      speed('Hugging Face on PyTorch, usual path', -2),
      speed('the same, its backward made linear in L', -1),
    ];
  });
}

/** Loads our model over there; `step` takes one training step, returns its seconds and keeps its loss. */
export async function peerStep(peer, id, path, { tokens, targets, B, L }, model, linear) {
  await peer.ask('load', { id, path, linear });
  await peer.ask('batch', { id, tokens: [...tokens], targets: [...targets], B, L });
  const { lr, beta1, beta2, eps, weightDecay: weight_decay } = adamW;
  const no_decay = model.tree.list().flatMap(({ name, decay }) => (decay ? [] : [name]));
  await peer.ask('optimizer', { id, no_decay, lr, beta1, beta2, eps, weight_decay });
  const losses = [];
  const step = async () => {
    const answer = await peer.ask('train', { id, steps: 1 });
    losses.push(...answer.losses);
    return answer.seconds;
  };
  return { step, losses, drop: () => peer.ask('drop', { id }) };
}
