/** RWKV-4: the official model, the f64 loops, and that it splits, packs and batches freely. */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/models/checkpoint.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import type { State } from '../../src/models/state.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { crossEntropy } from '../reference/crossEntropy.ts';
import { backends } from '../support/backends.ts';
import { expectClose } from '../support/compare.ts';
import { readGolden } from '../support/golden.ts';
import { seeds, uniforms } from '../support/random.ts';
import { weightsOf } from './reference.ts';
import { rwkvLogits } from './rwkvReference.ts';
import { vividModel } from './vivid.ts';

const golden = fileURLToPath(new URL('../fixtures/golden/rwkv4-tiny', import.meta.url));
const expected = await readGolden('rwkv4-tiny/expected');
const tokens = Array.from(expected.get('tokens').data);
const V = 24;

const tokensOf = (seed: number, lengths: readonly number[]) => {
  const random = uniforms(seed);
  return lengths.map((n) => Array.from({ length: n }, () => Math.floor(random() * V)));
};

/** Row b of each tensor of a state, in the order of the official rows. */
const rows = ['ffn_x_prev', 'att_x_prev', 'aa', 'bb', 'pp'];
function stateOf(state: State, b = 0): Float32Array[] {
  return state.layers.flatMap((layer) =>
    rows.map((name) => layer[name].read().slice(b * layer[name].width, (b + 1) * layer[name].width)),
  );
}

function expectSameState(got: Float32Array[], want: Float32Array[], what = '') {
  expect(got.length).toBe(want.length);
  want.forEach((values, i) => {
    expectClose(got[i], values, 5e-5, `${what}: ${rows[i % 5]} of block ${Math.floor(i / 5)}`);
  });
}

describe.each(backends)('rwkv4-tiny, the official model, on $name', ({ backend }) => {
  const loaded = loadModel(golden, { backend });

  it('gives the official logits and the official final state, at once', async () => {
    const { logits, state } = (await loaded).forward([tokens]);
    expect(logits.shape).toEqual([1, ...expected.get('logits').shape]);
    expectClose(logits.read(), expected.get('logits').data, 2e-5, 'logits');
    const want = expected.get('state').data;
    expectSameState(
      stateOf(state),
      Array.from({ length: 10 }, (_, i) => Float32Array.from(want.subarray(32 * i, 32 * i + 32))),
    );
    expect(Object.keys(state.tensors()).slice(0, 5)).toEqual(
      ['att_x_prev', 'aa', 'bb', 'pp', 'ffn_x_prev'].map((name) => `layers.0.${name}`),
    );
  });

  it('gives them token by token', async () => {
    const model = await loaded;
    let state: State | undefined;
    const logits: number[] = [];
    for (const token of tokens) {
      const step: ReturnType<typeof model.forward> = model.forward([[token]], { state });
      state = step.state;
      logits.push(...step.logits.read());
    }
    expectClose(logits, expected.get('logits').data, 2e-5, 'logits');
    expectClose(
      stateOf(state!).flatMap((values) => [...values]),
      expected.get('state').data,
      2e-5,
      'state',
    );
  });
});

describe.each(backends)('rwkv4 on $name', ({ backend }) => {
  const made = vividModel(backend, { model: 'rwkv4', vocabSize: V });
  const alone = (model: LanguageModel, row: number[], state?: State) => {
    const out = model.forward([row], { state });
    return { logits: out.logits.read(), state: stateOf(out.state), end: out.state };
  };

  it.each([{}, { dAttention: 28, dFfn: 37 }])('equals the f64 loops, values and gradients, with %j', async (config) => {
    const model = await vividModel(backend, { model: 'rwkv4', vocabSize: V, ...config });
    const [inputs, targets] = [tokensOf(1, [9, 9]), tokensOf(2, [9, 9])];
    const weights = weightsOf(model);
    expectClose(model.forward(inputs).logits.read(), rwkvLogits(weights, 2, inputs).data, 5e-5, 'logits');
    const { grads } = valueAndGrad(() => model.loss(inputs, targets), model.parameters);
    const random = uniforms(5);
    for (const [name, { data }] of Object.entries(weights)) {
      const direction = data.map(() => (random() < 0.5 ? -1 : 1));
      const along = (step: number) => {
        const moved = { ...weights[name], data: data.map((x, i) => x + step * direction[i]) };
        const logits = rwkvLogits({ ...weights, [name]: moved }, 2, inputs);
        return crossEntropy(logits, Int32Array.from(targets.flat())).data[0];
      };
      const want = (along(1e-5) - along(-1e-5)) / 2e-5;
      const values = grads[name].read();
      const got = values.reduce((sum, g, i) => sum + g * direction[i], 0);
      const size = Math.sqrt(values.reduce((sum, g) => sum + g * g, 0));
      expect(size, `${name} matters`).toBeGreaterThan(1e-4);
      expect(Math.abs(got - want) / (1e-3 + size), `${name}: ${got}, want ${want}`).toBeLessThan(1e-3);
    }
  });

  it('reads in any pieces as at once', async () => {
    const model = await made;
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 }), (seed, cuts) => {
        scope(() => {
          const [row] = tokensOf(seed, [cuts.reduce((a, b) => a + b)]);
          const whole = alone(model, row);
          let state: State | undefined;
          let at = 0;
          for (const n of cuts) {
            const piece = alone(model, row.slice(at, at + n), state);
            expectClose(
              piece.logits,
              whole.logits.subarray(at * V, (at + n) * V),
              5e-5,
              `logits from ${at} of ${cuts}`,
            );
            state = piece.end;
            at += n;
          }
          expectSameState(stateOf(state!), whole.state, `after ${cuts}`);
        });
      }),
      { numRuns: 8 },
    );
  });

  it('reads packed documents as separate ones, also in pieces', async () => {
    const model = await made;
    const lengths = [5, 1, 2, 9, 3];
    const documents = tokensOf(4, lengths);
    const row = documents.flat();
    const seqIdx = Int32Array.from(lengths.flatMap((n, i) => new Array<number>(n).fill(i)));
    const packed = model.forward([row], { documents: seqIdx });
    const logits = packed.logits.read();
    let at = 0;
    for (const [i, document] of documents.entries()) {
      const one = alone(model, document);
      expectClose(logits.subarray(at * V, (at + document.length) * V), one.logits, 5e-5, `document ${i}`);
      at += document.length;
    }
    expectSameState(stateOf(packed.state), alone(model, documents.at(-1)!).state, 'the last document');
    for (const cut of [3, 5, 6, 17]) {
      const first = model.forward([row.slice(0, cut)], { documents: seqIdx.slice(0, cut) });
      const second = model.forward([row.slice(cut)], { state: first.state, documents: seqIdx.slice(cut) });
      expectClose([...first.logits.read(), ...second.logits.read()], logits, 5e-5, `cut at ${cut}`);
      expectSameState(stateOf(second.state), stateOf(packed.state), `cut at ${cut}`);
    }
  });

  it('gives rows of any lengths what they get alone, and reads on from a saved state', async () => {
    const model = await made;
    const lengths = [4, 13, 1, 7];
    const inputs = tokensOf(7, lengths);
    const more = tokensOf(8, [2, 1, 6, 3]);
    const batch = model.forward(inputs);
    const next = model.forward(more, { state: await model.loadState(await batch.state.save()) });
    inputs.forEach((row, b) => {
      const one = alone(model, row);
      const got = batch.logits.read().subarray(b * 13 * V, (b * 13 + row.length) * V);
      expectClose(got, one.logits, 5e-5, `row ${b}`);
      expectSameState(stateOf(batch.state, b), one.state, `row ${b}`);
      const after = alone(model, more[b], one.end);
      const then = next.logits.read().subarray(b * 6 * V, (b * 6 + more[b].length) * V);
      expectClose(then, after.logits, 5e-5, `row ${b}, read on`);
    });
  });

  it('is free again after a training step', async () => {
    const model = await made;
    const before = backend.heap.used;
    const batch = tokensOf(12, [16, 16]);
    const { value, grads } = valueAndGrad(() => model.loss(batch, batch), model.parameters);
    for (const tensor of [value, ...Object.values(grads)]) tensor.dispose();
    expect(backend.heap.used).toBe(before);
  });
});
