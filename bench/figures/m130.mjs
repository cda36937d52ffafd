/** mamba-130m's shape with random weights: a forward of 512 tokens, and decoding against the memory's speed. */
import { generate, loadModel, scope } from '@mamba-ts/core';
import { probes } from '../machine.mjs';
import { inTurns } from '../timing.mjs';
import { batchOf, make, models, save } from '../workloads.mjs';

const TOKENS = 8;
let folder;

export async function run({ open, quick, cores, peer, log }, name) {
  const { B, L } = models.m130;
  const backend = await open(name, cores);
  log('making 129 million weights');
  const model = folder ? await loadModel(folder, { backend }) : await make('m130', backend);
  folder ??= await save('m130', model);
  const rows = [await decoding(model, cores, quick)];
  if (!peer) return rows;
  const id = 'm130';
  const batch = batchOf(id);
  await peer.ask('load', { id, path: folder });
  await peer.ask('batch', { id, tokens: [...batch.tokens], targets: [...batch.targets], B, L });
  const ours = scope(() => model.loss(batch, batch.targets).read()[0]);
  const { loss: theirs } = await peer.ask('loss', { id });
  const { ratio, spread, a, b } = await inTurns(
    () => scope(() => void model.forward(batch)),
    { timer: async () => (await peer.ask('forward', { id })).seconds },
    { pairs: quick ? 2 : 5, seconds: 0.2 },
  );
  await peer.ask('drop', { id });
  const against = 'Hugging Face on PyTorch';
  return [
    ...rows,
    {
      what: 'loss, mamba-130m shape, same weights: difference',
      against: 'Hugging Face',
      unit: 'number',
      goal: { atMost: 1e-4 },
      measured: Math.abs(ours - theirs),
      details: { ours, theirs },
    },
    {
      what: `forward, mamba-130m shape, L ${L}, ${cores} cores`,
      against,
      unit: 'times',
      goal: { atLeast: 3 },
      measured: ratio,
      spread,
      details: { seconds: a, theirs: b },
    },
  ];
}

/** Every weight is read once a token (the embedding as the head). */
async function decoding(model, cores, quick) {
  const { backend } = model;
  const { read } = probes(backend);
  const bytes = 4 * model.tree.count();
  const big = backend.full([1024 * 64 * 1024], 1);
  const { state } = model.forward([[1]]);
  const perToken = async (run) => {
    const begun = performance.now();
    await run();
    return (performance.now() - begun) / 1000 / TOKENS;
  };
  const options = { maxTokens: TOKENS, temperature: 0, state };
  const write = () =>
    perToken(async () => {
      for await (const _ of generate(model, [1], options));
    });
  const forwards = () =>
    perToken(async () => {
      for (let i = 0; i < TOKENS; i++) scope(() => void model.forward([[1]], { state, logits: 'last' }));
    });
  const plain = async () => {
    const begun = performance.now();
    read(big);
    return ((performance.now() - begun) / 1000) * (bytes / (4 * big.size));
  };
  const pairs = quick ? 3 : 9;
  const kernelsOnly = await inTurns({ timer: forwards }, { timer: plain }, { pairs, seconds: 0 });
  const { ratio, spread, a, b } = await inTurns({ timer: write }, { timer: plain }, { pairs, seconds: 0 });
  big.dispose();
  state.dispose();
  return {
    what: `decoding, mamba-130m shape, f32, ${cores} cores`,
    against: 'plain read of the weights',
    unit: 'percent',
    goal: { atLeast: 0.85 },
    measured: ratio,
    spread,
    details: { secondsPerToken: a, plainReadSeconds: b, gigabytes: bytes / 1e9, withoutSampling: kernelsOnly.ratio },
  };
}
