/**
 * One more token after a long context: Mamba-1 against a Transformer of equal parameters, and what each
 * carries along, a state or a cache.
 */
import { createModel, scope } from '@mamba-ts/core';
import { inTurns } from '../timing.mjs';
import { make, models, shakespeare } from '../workloads.mjs';

const [CONTEXT, SLICE] = [16384, 1024];

export async function run({ open, quick, cores, log }, name) {
  const backend = await open(name, cores);
  const mamba = await make('mamba1', backend);
  const transformer = await equalTransformer(backend, mamba.tree.count());
  const contexts = quick ? [CONTEXT / 4] : [CONTEXT];
  const rows = [];
  for (const context of contexts) {
    const [ours, theirs] = [mamba, transformer].map((model) => {
      log(`reading ${context} tokens`);
      return read(model, context);
    });
    const step = (model, state) => () => scope(() => void model.forward([[101]], { state, logits: 'last' }));
    const { ratio, spread, a, b } = await inTurns(step(mamba, ours), step(transformer, theirs), {
      pairs: quick ? 3 : 9,
      seconds: 0.1,
    });
    const sizes = { parameters: mamba.tree.count(), theirParameters: transformer.tree.count() };
    const { dModel, nLayer } = models.mamba1;
    const against = 'a Transformer of equal parameters';
    const what = `decoding Mamba-1, d_model ${dModel}, ${nLayer} layers, context ${context}`;
    rows.push(
      {
        what: `${what}, tokens/s`,
        against,
        unit: 'times',
        goal: { atLeast: 5 },
        measured: ratio,
        spread,
        details: { tokensPerSecond: 1 / a, theirs: 1 / b, ...sizes },
      },
      {
        what: `${what}: bytes carried along`,
        against: `${against}: its cache`,
        unit: 'times',
        measured: theirs.bytes / ours.bytes,
        details: { state: ours.bytes, cache: theirs.bytes },
      },
    );
  }
  return rows;
}

/** The same width; as many layers, and the MLP as wide, as come nearest to the count. */
async function equalTransformer(backend, count) {
  const { dModel, nLayer, vocabSize } = models.mamba1;
  const attention = 4 * dModel * dModel;
  const dFfn = Math.round(((count - vocabSize * dModel) / nLayer - attention) / (3 * dModel));
  const options = {
    model: 'transformer',
    dModel,
    nLayer,
    vocabSize,
    dFfn,
    tieEmbeddings: true,
    maxLength: 2 * CONTEXT,
  };
  return createModel(options, { backend, seed: 1 });
}

/** The state after a text, read in slices. */
function read(model, length) {
  const text = shakespeare();
  let state;
  for (let at = 0; at < length; at += SLICE) {
    const tokens = [[...text.subarray(at, at + SLICE)]];
    state = scope(() => {
      const after = model.forward(tokens, { state, logits: 'last' }).state;
      return after;
    });
  }
  return state;
}
