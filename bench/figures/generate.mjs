/** Greedy generation of one text against Hugging Face's generate() with its cache. */
import { generate, loadModel } from '@mamba-ts/core';
import { inTurns } from '../timing.mjs';
import { batchOf, make, models, save, shakespeare, stepper } from '../workloads.mjs';

export const needsPeer = true;

const COUNT = 64;
/** Training steps before: with its first weights, a tied model repeats its last token for ever. */
const STEPS = 60;
const folders = new Map();

export async function run({ open, quick, cores, peer }, name) {
  const rows = [];
  for (const id of ['d256', 'd64']) {
    const { dModel, nLayer } = models[id];
    const model = await trained(id, await open(name, cores));
    await peer.ask('load', { id, path: folders.get(id) });
    const prompt = [...shakespeare().subarray(0, 16)];
    const write = async () => {
      const tokens = [];
      for await (const { token } of generate(model, prompt, { maxTokens: COUNT, temperature: 0 })) tokens.push(token);
      return tokens;
    };
    const theirs = () => peer.ask('generate', { id, prompt, count: COUNT });
    const [here, there] = [await write(), (await theirs()).tokens];
    const same = here.findIndex((token, i) => token !== there[i]);
    const { ratio, spread, a, b } = await inTurns(
      write,
      { timer: async () => (await theirs()).seconds },
      { pairs: quick ? 3 : 9, seconds: quick ? 0.1 : 0.5 },
    );
    const size = `d_model ${dModel}, ${nLayer} layers`;
    rows.push(
      {
        what: `greedy tokens that agree, ${size}`,
        against: `Hugging Face, ${COUNT} tokens`,
        unit: 'number',
        goal: { atLeast: COUNT },
        measured: same < 0 ? COUNT : same,
        details: { ours: here, theirs: there },
      },
      {
        what: `generating, batch 1, ${size}`,
        against: 'Hugging Face on PyTorch',
        unit: 'times',
        goal: { atLeast: 8 },
        measured: ratio,
        spread,
        details: { tokensPerSecond: COUNT / a, theirs: COUNT / b },
      },
    );
    await peer.ask('drop', { id });
  }
  return rows;
}

/** The same weights for every backend: the first one trains them. */
async function trained(id, backend) {
  if (folders.has(id)) return loadModel(folders.get(id), { backend });
  const model = await make(id, backend);
  const step = stepper(model, batchOf(id));
  for (let i = 0; i < STEPS; i++) step();
  folders.set(id, await save(`${id}-trained`, model));
  return model;
}
