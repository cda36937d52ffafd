/** The whole language model in f64, from the reference operations: the truth for every option of the config. */
import { type Array64, array, map } from '../../../../test/reference/array.ts';
import { causalConv1d } from '../../../../test/reference/causalConv1d.ts';
import { embedding } from '../../../../test/reference/embedding.ts';
import { linear } from '../../../../test/reference/linear.ts';
import { norm } from '../../../../test/reference/norm.ts';
import { selectiveScan } from '../../../../test/reference/selectiveScan.ts';
import { columns } from '../../../../test/reference/shape.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';

export type Weights = Record<string, Array64>;

export interface Sizes {
  nLayer: number;
  dInner: number;
  dState: number;
  dtRank: number;
  rmsNorm: boolean;
  normEpsilon: number;
}

export function weightsOf(model: LanguageModel): Weights {
  return Object.fromEntries(
    Object.entries(model.parameters).map(([name, tensor]) => [name, array(tensor.shape, tensor.read())]),
  );
}

export function sizesOf({ config }: LanguageModel): Sizes {
  const { nLayer, dModel, expand, dState, dtRank, rmsNorm, normEpsilon } = config;
  return {
    nLayer,
    dInner: dModel * (expand as number),
    dState: dState as number,
    dtRank: dtRank === 'auto' ? Math.ceil(dModel / 16) : (dtRank as number),
    rmsNorm,
    normEpsilon,
  };
}

/** MambaLMHeadModel.forward of mixer_seq_simple.py, with the unfused path of mamba_simple.py. → (B, L, vocab) */
export function logitsOf(weights: Weights, sizes: Sizes, tokens: readonly number[][]): Array64 {
  const { nLayer, dInner, dState, dtRank, rmsNorm, normEpsilon } = sizes;
  const [B, L] = [tokens.length, tokens[0].length];
  const normed = (name: string, x: Array64, residual?: Array64) =>
    norm(
      { x, residual, weight: weights[`${name}.weight`], bias: rmsNorm ? undefined : weights[`${name}.bias`] },
      normEpsilon,
      !rmsNorm,
    );
  let x = embedding(weights['backbone.embedding.weight'], Int32Array.from(tokens.flat()), [B, L]);
  let residual: Array64 | undefined;
  for (let i = 0; i < nLayer; i++) {
    const at = (name: string): Array64 | undefined => weights[`backbone.layers.${i}.mixer.${name}`];
    const { y, sum } = normed(`backbone.layers.${i}.norm`, x, residual);
    residual = sum;
    const xz = linear(y, at('in_proj.weight')!, at('in_proj.bias'));
    const u = causalConv1d({ x: columns(xz, 0, dInner), weight: at('conv1d.weight')!, bias: at('conv1d.bias') }).y;
    const projected = linear(u, at('x_proj.weight')!);
    const { out } = selectiveScan({
      u,
      delta: linear(columns(projected, 0, dtRank), at('dt_proj.weight')!),
      A: map(at('A_log')!, (value) => -Math.exp(value)),
      B: columns(projected, dtRank, dState),
      C: columns(projected, dtRank + dState, dState),
      D: at('D'),
      z: columns(xz, dInner, dInner),
      deltaBias: at('dt_proj.bias'),
      deltaSoftplus: true,
    });
    x = linear(out, at('out_proj.weight')!, at('out_proj.bias'));
  }
  const hidden = normed('backbone.norm_f', x, residual).y;
  return linear(hidden, weights['lm_head.weight'] ?? weights['backbone.embedding.weight']);
}
