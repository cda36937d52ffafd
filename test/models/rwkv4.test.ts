/** RWKV-4: the official model, the f64 loops. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/models/checkpoint.ts';
import type { State } from '../../src/models/state.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { crossEntropy } from '../reference/crossEntropy.ts';
import { backends } from '../support/backends.ts';
import { expectClose } from '../support/compare.ts';
import { readGolden } from '../support/golden.ts';
import { uniforms } from '../support/random.ts';
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
});
