/** Training against Hugging Face: the same weights, batch and optimiser; the losses must agree. */
import { inTurns } from '../timing.mjs';
import { adamW, batchOf, make, models, save, stepper } from '../workloads.mjs';

export const needsPeer = true;

const GOALS = { d256: 5, d64: 15 };
const COMPARED = 4;

export async function run({ open, quick, cores, peer }, name) {
  const rows = [];
  for (const [id, goal] of Object.entries(GOALS)) {
    const { dModel, nLayer, B, L } = models[id];
    const size = `d_model ${dModel}, ${nLayer} layers, L ${L}, B ${B}`;
    const backend = await open(name, cores);
    const model = await make(id, backend);
    const batch = batchOf(id);
    await peer.ask('load', { id, path: await save(id, model) });
    await peer.ask('batch', { id, tokens: [...batch.tokens], targets: [...batch.targets], B, L });
    const { lr, beta1, beta2, eps, weightDecay } = adamW;
    const noDecay = model.tree.list().filter(({ decay }) => !decay);
    await peer.ask('optimizer', {
      id,
      no_decay: noDecay.map((one) => one.name),
      lr,
      beta1,
      beta2,
      eps,
      weight_decay: weightDecay,
    });

    const step = stepper(model, batch);
    const ours = Array.from({ length: COMPARED }, step);
    const { losses: theirs } = await peer.ask('train', { id, steps: COMPARED });
    const apart = ours.map((loss, i) => Math.abs(loss - theirs[i]));
    const agreement = { unit: 'number', goal: { atMost: 1e-4 }, against: 'Hugging Face', details: { ours, theirs } };
    rows.push(
      { ...agreement, what: `loss, same weights, ${size}: difference`, measured: apart[0] },
      {
        ...agreement,
        what: `loss after ${COMPARED - 1} AdamW steps, ${size}: difference`,
        measured: apart[COMPARED - 1],
      },
    );
    if (apart[0] > 1e-4)
      throw new Error(`${id}: the losses are ${ours[0]} here and ${theirs[0]} there: no comparison.`);

    const peerStep = { seconds: async () => (await peer.ask('train', { id, steps: 1 })).seconds };
    const { ratio, spread, a, b } = await inTurns(step, peerStep, { pairs: quick ? 2 : 5, seconds: quick ? 0.2 : 1 });
    rows.push({
      what: `training tokens/s, ${size}`,
      against: 'Hugging Face on PyTorch',
      unit: 'times',
      goal: { atLeast: goal },
      measured: ratio,
      spread,
      details: { tokensPerSecond: (B * L) / a, theirs: (B * L) / b },
    });
    await peer.ask('drop', { id });
  }
  return rows;
}
