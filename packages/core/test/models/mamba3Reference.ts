/** The whole Mamba-3 in f64, from the reference operations: the truth for every option of the config. */

import { type Array64, array } from '../../../../test/reference/array.ts';
import { silu, softplus } from '../../../../test/reference/elementwise.ts';
import { embedding } from '../../../../test/reference/embedding.ts';
import { linear } from '../../../../test/reference/linear.ts';
import { mamba3 } from '../../../../test/reference/mamba3.ts';
import { norm } from '../../../../test/reference/norm.ts';
import { columns } from '../../../../test/reference/shape.ts';
import type { Mamba3Config } from '../../src/families/index.ts';
import type { AnyConfig } from '../../src/layers/config.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import type { Weights } from './mambaReference.ts';

/** MambaLMHeadModel.forward with mamba3.py. → (B, L, vocab) */
export function logitsOf(weights: Weights, { config }: LanguageModel, tokens: readonly number[][]): Array64 {
  const { nLayer, dModel, normEpsilon } = config;
  const { expand, headDim: P, nGroups: G, dState: N, ropeFraction, aFloor } = config as AnyConfig & Mamba3Config;
  const [B, L] = [tokens.length, tokens[0].length];
  const dInner = expand * dModel;
  const H = dInner / P;
  const R = config.mimo ? (config.mimoRank as number) : 1;
  const S = Math.floor((N * ropeFraction) / 2);
  const normed = (weight: Array64, x: Array64, eps: number, residual?: Array64) =>
    norm({ x, residual, weight }, eps, false);
  let x = embedding(weights['backbone.embedding.weight'], Int32Array.from(tokens.flat()), [B, L]);
  let residual: Array64 | undefined;
  for (let i = 0; i < nLayer; i++) {
    const block = `backbone.layers.${i}`;
    const at = (name: string): Array64 | undefined => weights[`${block}.mixer.${name}`];
    const before = normed(weights[`${block}.norm.weight`], x, normEpsilon, residual);
    residual = before.sum;
    const projected = linear(before.y, at('in_proj.weight')!);
    const widths = [dInner, dInner, R * G * N, R * G * N, H, H, H, S];
    const part = (k: number, ...shape: number[]) => {
      const from = widths.slice(0, k).reduce((sum, width) => sum + width, 0);
      return array([B, L, ...shape], columns(projected, from, widths[k]).data);
    };
    const dtBias = at('dt_bias')!.data;
    const DT = array(
      [B, L, H],
      part(4, H).data.map((value, k) => softplus(value + dtBias[k % H])),
    );
    const A = part(5, H).data.map((a) => Math.min(a >= 0 ? -(1 + a) : -1 / (1 - a), -aFloor));
    const { y } = mamba3({
      C: normed(at('C_norm.weight')!, part(3, R, G, N), 1e-5).y,
      B: normed(at('B_norm.weight')!, part(2, R, G, N), 1e-5).y,
      x: part(1, H, P),
      ADT: array(
        [B, L, H],
        A.map((a, k) => a * DT.data[k]),
      ),
      DT,
      trap: part(6, H),
      angles: part(7, 1, S),
      CBias: at('C_bias')!,
      BBias: at('B_bias')!,
      D: at('D'),
      mimoX: at('mimo_x'),
    });
    const z = part(0, H, P);
    const out = array([B, L, dInner]);
    const scale = at('norm.weight');
    for (let head = 0; head < B * L * H; head++) {
      for (let r = 0; r < R; r++) {
        const values = y.data.subarray((head * R + r) * P, (head * R + r + 1) * P);
        const square = values.reduce((sum, value) => sum + value * value, 0) / P;
        const rstd = scale ? 1 / Math.sqrt(square + 1e-5) : 1;
        for (let p = 0; p < P; p++) {
          const k = ((head % H) * R + r) * P + p;
          const gate = silu(z.data[head * P + p] * (at('mimo_z')?.data[k] ?? 1));
          const value = values[p] * rstd * (scale?.data[(head % H) * P + p] ?? 1);
          out.data[head * P + p] += value * gate * (at('mimo_o')?.data[k] ?? 1);
        }
      }
    }
    x = linear(out, at('out_proj.weight')!);
  }
  const hidden = normed(weights['backbone.norm_f.weight'], x, normEpsilon, residual).y;
  return linear(hidden, weights['lm_head.weight'] ?? weights['backbone.embedding.weight']);
}
