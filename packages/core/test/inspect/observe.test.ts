import { describe, expect, it } from 'vitest';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { configOf } from '../../src/families/registry.ts';
import { observe } from '../../src/inspect/observe.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { createModel, createSequenceModel } from '../../src/models/registered.ts';
import { scope } from '../../src/tensor/scope.ts';
import { beneath, offer, valueAndGrad, within } from '../../src/tensor/tape.ts';

const tokens = [[3, 1, 4, 1, 5, 9, 2, 6]];
const families = {
  mamba: { model: 'mamba', dState: 4 },
  mamba2: { model: 'mamba2', dState: 8, headDim: 8 },
  mamba3: { model: 'mamba3', dState: 8, headDim: 8 },
};
const make = (config: object) =>
  createModel({ dModel: 16, nLayer: 2, vocabSize: 10, ...config }, { seed: 1, backend: anyBackend });

const softplus = (x: number) => Math.log1p(Math.exp(x));

describe('observing a forward pass', () => {
  it.each(Object.entries(families))('gives the Δ, B and C of every layer of %s', async (_, config) => {
    const model = await make(config);
    const plain = scope(() => model.forward(tokens).logits.read());
    const { result, values } = observe(() => model.forward(tokens).logits);
    expect(result.read()).toEqual(plain);
    const names = [0, 1].flatMap((i) => ['delta', 'B', 'C'].map((what) => `backbone.layers.${i}.mixer.${what}`));
    expect(Object.keys(values).sort()).toEqual([...names].sort());
    for (const i of [0, 1]) {
      const { shape, data } = values[`backbone.layers.${i}.mixer.delta`];
      expect(shape).toEqual([1, 8, config.model === 'mamba' ? 32 : 4]);
      for (const delta of data) expect(delta).toBeGreaterThan(0);
      expect(new Set(data).size).toBeGreaterThan(8);
    }
  });

  it('gives Δ as softplus of its map and bias', async () => {
    const model = await make(families.mamba);
    const prefix = 'backbone.layers.0.mixer.';
    const { dt_proj, bias } = { dt_proj: `${prefix}dt_proj.weight`, bias: `${prefix}dt_proj.bias` };
    model.parameters[dt_proj].write(new Float32Array(model.parameters[dt_proj].size));
    const { values } = observe(() => void model.forward(tokens));
    const expected = [...model.parameters[bias].read()].map(softplus);
    const { data } = values[`${prefix}delta`];
    data.forEach((delta, i) => {
      expect(delta).toBeCloseTo(expected[i % expected.length], 5);
    });
  });

  it('copies only the wanted names', async () => {
    const model = await make(families.mamba);
    const { values } = observe(
      () => void model.forward(tokens),
      (name) => name.endsWith('1.mixer.delta'),
    );
    expect(Object.keys(values)).toEqual(['backbone.layers.1.mixer.delta']);
  });

  it('distinguishes the directions', async () => {
    const model = await createSequenceModel(
      { model: 'mamba', dModel: 8, nLayer: 1, dInput: 1, nTargets: 1, bidirectional: 'add' },
      { seed: 1, backend: anyBackend },
    );
    const input = { inputs: Float32Array.of(1, 2, 3), B: 1, L: 3 };
    const { values } = observe(
      () => void model.forward(input),
      (name) => name.endsWith('delta'),
    );
    expect(Object.keys(values)).toEqual(['backbone.layers.0.mixer.delta', 'backbone.layers.0.mixer.reverse.delta']);
  });

  it('refuses two forwards', async () => {
    const model = await make(families.mamba);
    const both = () => {
      model.forward(tokens);
      model.forward(tokens);
    };
    expect(() => observe(both)).toThrow("'backbone.layers.0.mixer.delta' came twice, expected one forward");
  });
});

describe.each(backends)('an offer on $name', ({ backend }) => {
  it('is computed only for an observer, under the names around it', () => {
    let made = 0;
    const give = () =>
      within('a', () =>
        beneath('b', () =>
          offer('c', () => {
            made++;
            return backend.tensor([1, 2], [2]);
          }),
        ),
      );
    give();
    expect(made).toBe(0);
    const { used } = backend.heap;
    expect(observe(give).values).toEqual({ 'a.b.c': { shape: [2], data: Float32Array.of(1, 2) } });
    expect(made).toBe(1);
    expect(backend.heap.used).toBe(used);
  });

  it('leaves gradients as they are', async () => {
    const model: LanguageModel = await createModel(
      configOf({ dModel: 16, nLayer: 1, vocabSize: 10, ...families.mamba }),
      { seed: 1, backend },
    );
    const grads = () => {
      const { grads: all } = valueAndGrad(() => model.loss(tokens, [[1, 4, 1, 5, 9, 2, 6, 5]]), model.parameters);
      return Object.fromEntries(Object.entries(all).map(([name, grad]) => [name, [...grad.read()]]));
    };
    const plain = scope(grads);
    const { result, values } = observe(grads);
    expect(result).toEqual(plain);
    expect(Object.keys(values)).toContain('backbone.layers.0.mixer.delta');
  });
});
