/** The S4D family: it equals the f64 loops, and starts as the official layer. */
import { describe, expect, it } from 'vitest';
import type { Array64 } from '../../../../test/reference/array.ts';
import { embedding } from '../../../../test/reference/embedding.ts';
import { linear } from '../../../../test/reference/linear.ts';
import { norm } from '../../../../test/reference/norm.ts';
import { s4d } from '../../../../test/reference/s4d.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import { stateBytes } from '../../src/layers/state.ts';
import { configText } from '../../src/models/model.ts';
import { createModel, declareModel } from '../../src/models/registered.ts';
import type { Weights } from './mambaReference.ts';
import { expectTruth } from './truth.ts';
import { vividModel } from './vivid.ts';

const V = 24;
const small = { model: 's4d', vocabSize: V, dState: 8 };

/** The model in f64: norm, the layer in convolution mode, norm, head. */
function logitsOf(weights: Weights, nLayer: number, tokens: readonly number[][]): Array64 {
  const [B, L] = [tokens.length, tokens[0].length];
  let x = embedding(weights['backbone.embedding.weight'], Int32Array.from(tokens.flat()), [B, L]);
  let residual: Array64 | undefined;
  for (let i = 0; i < nLayer; i++) {
    const prefix = `backbone.layers.${i}.mixer.`;
    const mixer = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
    const normed = norm({ x, residual, weight: weights[`backbone.layers.${i}.norm.weight`] }, 1e-5, false);
    residual = normed.sum;
    x = s4d(normed.y, Object.fromEntries(mixer.map(([name, value]) => [name.slice(prefix.length), value])));
  }
  const hidden = norm({ x, residual, weight: weights['backbone.norm_f.weight'] }, 1e-5, false).y;
  return linear(hidden, weights['backbone.embedding.weight']);
}

describe.each(backends)('s4d models on $name', ({ backend }) => {
  it.each([{}, { init: 'inv', glu: false }, { init: 'real', dState: 2 }])(
    'equal the f64 loops with %j',
    async (config) => {
      const model = await vividModel(backend, { ...small, ...config });
      expectTruth(model, (weights, tokens) => logitsOf(weights, 2, tokens));
    },
  );

  it('take new values of any parameter at once', async () => {
    const model = await createModel(configOf({ ...small, dModel: 8, nLayer: 1 }), { backend });
    for (const name of ['C', 'log_dt', 'log_A_real', 'A_imag']) {
      const tensor = model.parameters[`backbone.layers.0.mixer.kernel.${name}`];
      const before = model.forward([[1, 2, 3]]).logits.read();
      tensor.write(tensor.read().map((x) => x + 0.5));
      expect(model.forward([[1, 2, 3]]).logits.read(), name).not.toEqual(before);
    }
  });
});

describe('an s4d config', () => {
  const config = configOf({ model: 's4d', vocabSize: 10, dModel: 16, nLayer: 3, init: 'inv', dtMax: 0.2 });

  it('is written and read again', () => {
    const json = JSON.parse(configText(declareModel(config)));
    expect(json.ssm_cfg).toEqual({ layer: 'S4D', d_state: 64, init: 'inv', dt_min: 0.001, dt_max: 0.2, glu: true });
    expect(readConfig(json)).toEqual(config);
  });

  it.each([
    [{ dState: 7 }, 'dState is 7, expected an even whole number ≥ 2, as modes come in conjugate pairs'],
    [{ dState: 0 }, 'dState is 0, expected an even whole number ≥ 2'],
    [{ init: 'legs' }, "init is \"legs\", expected 'lin' or 'inv' or 'real'"],
    [{ dtMin: 0 }, 'dtMin is 0, expected a number above 0'],
    [{ dConv: 4 }, "unknown key 'dConv' for the model 's4d'"],
  ])('is refused with %j', (given, message) => {
    expect(() => configOf({ model: 's4d', vocabSize: 10, dModel: 16, nLayer: 1, ...given })).toThrow(message);
  });

  it('gives the official names and shapes, of which only the linear maps decay', () => {
    const model = declareModel(config);
    const layer = model.tree.list().filter(({ name }) => name.startsWith('backbone.layers.2.'));
    expect(layer.map(({ name, shape, decay }) => [name.slice(18), shape, decay])).toEqual([
      ['norm.weight', [16], false],
      ['mixer.D', [16], false],
      ['mixer.kernel.C', [16, 32, 2], false],
      ['mixer.kernel.log_dt', [16], false],
      ['mixer.kernel.log_A_real', [16, 32], false],
      ['mixer.kernel.A_imag', [16, 32], false],
      ['mixer.output_linear.0.weight', [32, 16, 1], true],
      ['mixer.output_linear.0.bias', [32], false],
    ]);
    expect(stateBytes(model.stateFields)).toBe(3 * 2 * 32 * 16 * 4);
    // The output map, 6 products a mode and D; the head.
    expect(model.flopsPerToken).toBe(3 * (16 * 32 + 16 * (6 * 32 + 1)) + 16 * 16);
  });

  it.each([
    ['lin', [-0.5, -0.5, -0.5], [0, Math.PI, 2 * Math.PI]],
    ['inv', [-0.5, -0.5, -0.5], [(6 / Math.PI) * 5, (6 / Math.PI) * 1, (6 / Math.PI) * 0.2]],
    ['real', [-1, -2, -3], [0, 0, 0]],
  ])('starts A as S4D-%s, and Δ in its range', async (init, real, imaginary) => {
    const given = { model: 's4d', vocabSize: 8, dModel: 50, nLayer: 1, dState: 6, init, dtMin: 0.01, dtMax: 0.2 };
    const { parameters } = await createModel(configOf(given), { backend: anyBackend, seed: 1 });
    const read = (name: string) => parameters[`backbone.layers.0.mixer.kernel.${name}`].read();
    for (const h of [0, 49]) {
      const part = (name: string) => read(name).slice(3 * h, 3 * h + 3);
      expectClose(
        part('log_A_real').map((x) => -Math.exp(x)),
        real,
        1e-6,
      );
      expectClose(part('A_imag'), imaginary, 1e-6);
    }
    const steps = read('log_dt').map(Math.exp);
    expect(Math.min(...steps)).toBeGreaterThan(0.0099);
    expect(Math.min(...steps)).toBeLessThan(0.02);
    expect(Math.max(...steps)).toBeLessThan(0.201);
    expect(Math.max(...steps)).toBeGreaterThan(0.1);
    const C = read('C');
    expect(Math.abs(C.reduce((sum, x) => sum + x * x, 0) / C.length - 0.5)).toBeLessThan(0.15);
  });
});
