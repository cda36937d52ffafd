/** The whole Mamba-2 in f64, from the reference operations: the truth for every option of the config. */

import { type Array64, array, map } from '../../../../test/reference/array.ts';
import { causalConv1d } from '../../../../test/reference/causalConv1d.ts';
import { silu } from '../../../../test/reference/elementwise.ts';
import { embedding } from '../../../../test/reference/embedding.ts';
import { gatedNorm } from '../../../../test/reference/gatedNorm.ts';
import { linear } from '../../../../test/reference/linear.ts';
import { norm } from '../../../../test/reference/norm.ts';
import { columns } from '../../../../test/reference/shape.ts';
import { ssd } from '../../../../test/reference/ssd.ts';
import type { Mamba2Config } from '../../src/families/index.ts';
import type { AnyConfig } from '../../src/layers/config.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import type { Weights } from './mambaReference.ts';

/** MambaLMHeadModel.forward with the unfused path of mamba2.py. → (B, L, vocab) */
export function logitsOf(weights: Weights, { config }: LanguageModel, tokens: readonly number[][]): Array64 {
  const { nLayer, dModel, normEpsilon } = config;
  const { expand, headDim: P, nGroups: G, dState: N } = config as AnyConfig & Mamba2Config;
  const { gatedRmsNorm, normBeforeGate, gatedNormOver } = config;
  const [B, L] = [tokens.length, tokens[0].length];
  const dInner = expand * dModel;
  const H = dInner / P;
  const normed = (name: string, x: Array64, residual?: Array64) =>
    norm({ x, residual, weight: weights[`${name}.weight`] }, normEpsilon, false);
  const reshaped = ({ data }: Array64, ...shape: number[]) => array(shape, data);
  let x = embedding(weights['backbone.embedding.weight'], Int32Array.from(tokens.flat()), [B, L]);
  let residual: Array64 | undefined;
  for (let i = 0; i < nLayer; i++) {
    const at = (name: string): Array64 | undefined => weights[`backbone.layers.${i}.mixer.${name}`];
    const { y, sum } = normed(`backbone.layers.${i}.norm`, x, residual);
    residual = sum;
    const projected = linear(y, at('in_proj.weight')!, at('in_proj.bias'));
    const z = columns(projected, 0, dInner);
    const xBC = causalConv1d({
      x: columns(projected, dInner, dInner + 2 * G * N),
      weight: at('conv1d.weight')!,
      bias: at('conv1d.bias'),
    }).y;
    const { out } = ssd({
      x: reshaped(columns(xBC, 0, dInner), B, L, H, P),
      dt: columns(projected, 2 * dInner + 2 * G * N, H),
      A: map(at('A_log')!, (value) => -Math.exp(value)),
      B: reshaped(columns(xBC, dInner, G * N), B, L, G, N),
      C: reshaped(columns(xBC, dInner + G * N, G * N), B, L, G, N),
      D: at('D'),
      dtBias: at('dt_bias'),
      dtSoftplus: true,
    });
    const scanned = reshaped(out, B, L, dInner);
    const gated = gatedRmsNorm
      ? gatedNorm(
          { x: scanned, z, weight: at('norm.weight')! },
          gatedNormOver === 'group' ? G : 1,
          1e-5,
          normBeforeGate as boolean,
        )
      : array(
          scanned.shape,
          scanned.data.map((value, k) => value * silu(z.data[k])),
        );
    x = linear(gated, at('out_proj.weight')!, at('out_proj.bias'));
  }
  const hidden = normed('backbone.norm_f', x, residual).y;
  return linear(hidden, weights['lm_head.weight'] ?? weights['backbone.embedding.weight']);
}
