import { afterAll, describe, expect, it } from 'vitest';
import { createModel } from '../../../mamba-ts/src/index.ts';
import { writeOfficial } from '../../src/families/family.ts';
import { configOf, familyOf, readConfig } from '../../src/families/registry.ts';
import { openBackend } from '../../src/tensor/backend.ts';

const small = { vocabSize: 11, dModel: 8, nLayer: 2, dState: 4, dIntermediate: 100 };

describe('dIntermediate', async () => {
  const backend = await openBackend('wasm', { threads: 1 });
  afterAll(() => backend.dispose());

  it('adds norm2 and a gated MLP to every block, of a width rounded up to 128', async () => {
    const model = await createModel({ model: 'mamba', ...small }, { backend });
    const shapes = Object.fromEntries(Object.entries(model.parameters).map(([name, { shape }]) => [name, shape]));
    for (const block of ['backbone.layers.0', 'backbone.layers.1']) {
      expect(shapes[`${block}.norm2.weight`]).toEqual([8]);
      expect(shapes[`${block}.mlp.fc1.weight`]).toEqual([256, 8]);
      expect(shapes[`${block}.mlp.fc2.weight`]).toEqual([8, 128]);
    }
  });

  it('equals fc2(v · silu(g)), added to the stream, where the mixer gives nothing', async () => {
    const model = await createModel({ model: 'mamba', ...small, nLayer: 1, tieEmbeddings: false }, { backend });
    const p = model.parameters;
    const read = async (name: string) => await p[name].data();
    p['backbone.layers.0.mixer.out_proj.weight'].write(new Float32Array(8 * 16));
    const x = Array.from((await read('backbone.embedding.weight')).subarray(3 * 8, 4 * 8));
    const normed = (v: number[]) => {
      const scale = 1 / Math.sqrt(v.reduce((sum, one) => sum + one * one, 0) / v.length + 1e-5);
      return v.map((one) => one * scale);
    };
    const map = (w: Float32Array, v: number[]) =>
      Array.from({ length: w.length / v.length }, (_, i) =>
        v.reduce((sum, one, k) => sum + w[i * v.length + k] * one, 0),
      );
    const wide = map(await read('backbone.layers.0.mlp.fc1.weight'), normed(x));
    const gated = wide.slice(0, 128).map((v, i) => (v * wide[128 + i]) / (1 + Math.exp(-wide[128 + i])));
    const out = map(await read('backbone.layers.0.mlp.fc2.weight'), gated);
    const logits = map(await read('lm_head.weight'), normed(x.map((one, i) => one + out[i])));
    const got = await model.forward([[3]]).logits.data();
    for (const [i, one] of logits.entries()) expect(got[i]).toBeCloseTo(one, 5);
  });

  it('is written to and read from d_intermediate', () => {
    const config = configOf({ model: 'mamba2', ...small, headDim: 4 });
    const json = writeOfficial(familyOf('mamba2'), config);
    expect(json.d_intermediate).toBe(100);
    expect(readConfig(json)).toEqual(config);
  });

  it('is unknown to families whose blocks have their own', () => {
    expect(() => configOf({ model: 'rwkv4', vocabSize: 9, dModel: 8, nLayer: 1, dIntermediate: 4 })).toThrow(
      "unknown key 'dIntermediate'",
    );
  });
});
