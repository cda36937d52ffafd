/** RWKV-4: the official model, the f64 loops. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { backends } from '../../../../test/support/backends.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { readGolden } from '../../../../test/support/golden.ts';
import type { State } from '../../src/layers/state.ts';
import { loadModel } from '../../src/models/registered.ts';
import { rwkvLogits } from './rwkvReference.ts';
import { expectTruth } from './truth.ts';
import { vividModel } from './vivid.ts';

const golden = fileURLToPath(new URL('../../../../test/fixtures/golden/rwkv4-tiny', import.meta.url));
const expected = await readGolden('rwkv4-tiny/expected');
const tokens = Array.from(expected.get('tokens').data);
const V = 24;

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
    expectTruth(model, (weights, tokens) => rwkvLogits(weights, 2, tokens));
  });
});
