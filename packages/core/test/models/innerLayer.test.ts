/** The paper's ablation: any inner layer in the Mamba block and in the H3 block. */
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import { silu } from '../../../../test/reference/elementwise.ts';
import { linear } from '../../../../test/reference/linear.ts';
import { norm } from '../../../../test/reference/norm.ts';
import { columns } from '../../../../test/reference/shape.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { configOf, readConfig } from '../../src/families/registry.ts';
import { innerNames } from '../../src/layers/innerLayer.ts';
import { configText } from '../../src/models/model.ts';
import { createModel, declareModel } from '../../src/models/registered.ts';
import { weightsOf } from './mambaReference.ts';
import { logitsOf, times } from './s6AblationReference.ts';
import { VOCAB as V } from './tiny.ts';
import { expectTruth, tokensOf } from './truth.ts';
import { vividModel } from './vivid.ts';

const blocks = ['mamba', 'h3'];
const cells = blocks.flatMap((model) => innerNames.map((inner) => ({ model, inner })));
const small = { vocabSize: V, dState: 4, expand: 2, dConv: 3, bias: true };

describe.each(backends)('on $name', ({ backend }) => {
  it.each(cells)('$model around $inner equals the f64 loops, gradients included', async (cell) => {
    const model = await vividModel(backend, { ...small, ...cell });
    expectTruth(model, (weights, tokens) => logitsOf(model, weights, tokens));
  });

  it.each(blocks)('%s: S4D with the modes of an S4 without rank equals it', async (model) => {
    const sizes = { ...small, model, nLayer: 1 };
    const s4 = await vividModel(backend, { ...sizes, inner: 's4' });
    const s4d = await createModel(configOf({ ...sizes, dModel: 20, inner: 's4d' }), { backend });
    const from = weightsOf(s4);
    for (const [name, tensor] of Object.entries(s4d.parameters)) tensor.write(Float32Array.from(from[name].data));
    const kernel = (name: string) => `backbone.layers.0.mixer.kernel.${name}`;
    s4.parameters[kernel('P')].write(new Float32Array(from[kernel('P')].data.length));
    const same = diagonalOf(
      ...(['C', 'B', 'log_dt', 'log_A_real', 'A_imag'].map((name) => from[kernel(name)]) as Five),
    );
    for (const [name, values] of Object.entries(same)) s4d.parameters[kernel(name)].write(Float32Array.from(values));
    const tokens = tokensOf(3, [40]);
    expectClose(s4d.forward(tokens).logits.read(), s4.forward(tokens).logits.read(), 5e-5, 'logits');
  });

  it.each(blocks)('%s: around y = u it is a plain formula', async (model) => {
    const one = await vividModel(backend, {
      ...small,
      model,
      inner: 's4d',
      nLayer: 1,
      bias: false,
      tieEmbeddings: false,
    });
    const mixer = (name: string) => one.parameters[`backbone.layers.0.mixer.${name}`];
    mixer('kernel.C').write(new Float32Array(mixer('kernel.C').size));
    mixer('D').write(new Float32Array(mixer('D').size).fill(1));
    const weights = weightsOf(one);
    const at = (name: string) => weights[`backbone.layers.0.mixer.${name}`];
    const token = 5;
    const dModel = 20;
    const x = columns(array([1, V * dModel], weights['backbone.embedding.weight'].data), token * dModel, dModel);
    const normed = norm({ x, weight: weights['backbone.layers.0.norm.weight'] }, 1e-5, false).y;
    // One token meets the last tap alone.
    const lastTap = (name: string) => columns(at(name), 2, 1).data;
    let y: Array64;
    if (model === 'h3') {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => linear(normed, at(`${name}_proj.weight`)));
      const taps = lastTap('shift.weight');
      y = times(
        q,
        array(
          k.shape,
          k.data.map((value, d) => value * taps[d]),
        ),
        v,
      );
    } else {
      const xz = linear(normed, at('in_proj.weight'));
      const taps = lastTap('conv1d.weight');
      const bias = at('conv1d.bias').data;
      y = array(
        [1, 40],
        taps.map((tap, d) => silu(tap * xz.data[d] + bias[d]) * silu(xz.data[40 + d])),
      );
    }
    const out = linear(y, at('out_proj.weight'));
    const hidden = norm({ x: out, residual: x, weight: weights['backbone.norm_f.weight'] }, 1e-5, false).y;
    expectClose(one.forward([[token]]).logits.read(), linear(hidden, weights['lm_head.weight']).data, 5e-5, 'logits');
  });
});

type Five = [Array64, Array64, Array64, Array64, Array64];

/** S4D's parameters of the diagonal system that S4 with P = 0 discretises: exp(Δ A') = a, 2 C' (a − 1) / A' = 2 C b. */
function diagonalOf(C: Array64, B: Array64, logDt: Array64, logAReal: Array64, AImag: Array64) {
  const [H, M] = AImag.shape;
  const mul = (x: number[], y: number[]) => [x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]];
  const div = (x: number[], y: number[]) => mul(x, [y[0] / (y[0] ** 2 + y[1] ** 2), -y[1] / (y[0] ** 2 + y[1] ** 2)]);
  const same = { C: [...C.data], log_A_real: [...logAReal.data], A_imag: [...AImag.data] };
  for (let k = 0; k < H * M; k++) {
    const dt = Math.exp(logDt.data[Math.floor(k / M)]);
    const half = [(-dt / 2) * Math.exp(logAReal.data[k]), (dt / 2) * AImag.data[k]];
    const below = [1 - half[0], -half[1]];
    const a = div([1 + half[0], half[1]], below);
    const b = div(mul([dt, 0], [B.data[2 * k], B.data[2 * k + 1]]), below);
    const A = [Math.log(Math.hypot(...a)) / dt, Math.atan2(a[1], a[0]) / dt];
    same.log_A_real[k] = Math.log(-A[0]);
    same.A_imag[k] = A[1];
    const c = div(mul(mul([C.data[2 * k], C.data[2 * k + 1]], b), A), [a[0] - 1, a[1]]);
    [same.C[2 * k], same.C[2 * k + 1]] = c;
  }
  return same;
}

describe('the config', () => {
  it.each(cells)('of $model around $inner is written and read again', (cell) => {
    const config = configOf({ vocabSize: 10, dModel: 16, nLayer: 2, ...cell });
    expect(readConfig(JSON.parse(configText(declareModel(config))))).toEqual(config);
  });

  it('writes what the official code knows, and `inner` where it is another', () => {
    const config = { vocabSize: 10, dModel: 16, nLayer: 2 };
    expect(JSON.parse(configText(declareModel(configOf(config)))).ssm_cfg).not.toHaveProperty('inner');
    expect(JSON.parse(configText(declareModel(configOf({ ...config, inner: 's4' })))).ssm_cfg.inner).toBe('s4');
    expect(JSON.parse(configText(declareModel(configOf({ ...config, model: 'h3' })))).ssm_cfg.layer).toBe('H3');
  });

  it.each([
    [{ inner: 's5' }, `inner is "s5", expected 'selective' or 's4d' or 's4d-real' or 's4'`],
    [
      { inner: 's4d', dState: 5 },
      "dState is 5, expected an even whole number ≥ 2, as modes come in conjugate pairs: inner is 's4d'",
    ],
    [{ model: 'h3', dState: 5 }, 'dState is 5, expected an even whole number ≥ 2'],
    [{ model: 'h3', dConv: 9 }, 'dConv is 9, expected a whole number from 1 to 8'],
    [{ model: 'h3', convBias: true }, "unknown key 'convBias' for the model 'h3'"],
    [{ model: 'h3', selects: 'delta' }, "config: selects is 'delta' and deltaPerState false, but inner is 's4d'"],
    [
      { model: 'mamba', inner: 's4', deltaPerState: true },
      "in which nothing selects. Leave them out, or use inner 'sel",
    ],
    [{ model: 'mamba', aRank: 2 }, "config: aRank is 2, but selects is 'delta,B,C', without A. Leave it out, or"],
  ])('is refused with %j', (given, message) => {
    expect(() => configOf({ vocabSize: 10, dModel: 16, nLayer: 1, ...given })).toThrow(message);
  });

  it('gives H3 maps of q, k and v, a shift, and the inner layer', () => {
    const model = declareModel(configOf({ model: 'h3', vocabSize: 8, dModel: 16, nLayer: 1, dState: 6 }));
    const mixer = model.tree.list().filter(({ name }) => name.includes('.mixer.'));
    expect(mixer.map(({ name, shape, decay }) => [name.slice(24), shape, decay])).toEqual([
      ['q_proj.weight', [16, 16], true],
      ['k_proj.weight', [16, 16], true],
      ['v_proj.weight', [16, 16], true],
      ['shift.weight', [16, 1, 4], true],
      ['D', [16], false],
      ['kernel.C', [16, 3, 2], false],
      ['kernel.log_dt', [16], false],
      ['kernel.log_A_real', [16, 3], false],
      ['kernel.A_imag', [16, 3], false],
      ['out_proj.weight', [16, 16], true],
    ]);
    expect(model.stateFields).toEqual([
      { conv: { shape: [4, 16], transposed: true }, ssm: { shape: [2, 3, 16], transposed: true } },
    ]);
    // Four maps; four taps and S4D; the head.
    expect(model.flopsPerToken).toBe(4 * 16 * 16 + 16 * (4 + 6 * 3 + 1) + 8 * 16);
  });

  it('starts the real inner layer on the real line', async () => {
    const model = await createModel({ vocabSize: 8, dModel: 4, nLayer: 1, inner: 's4d-real' }, { backend: anyBackend });
    const imaginary = model.parameters['backbone.layers.0.mixer.kernel.A_imag'].read();
    expect(imaginary.every((value) => value === 0)).toBe(true);
  });
});
