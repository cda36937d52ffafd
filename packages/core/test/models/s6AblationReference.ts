/** The Mamba block and the H3 block around any inner layer in f64, from the reference operations. */

import { type Array64, array, map } from '../../../../test/reference/array.ts';
import { causalConv1d } from '../../../../test/reference/causalConv1d.ts';
import { silu, softplus } from '../../../../test/reference/elementwise.ts';
import { embedding } from '../../../../test/reference/embedding.ts';
import { linear } from '../../../../test/reference/linear.ts';
import { norm } from '../../../../test/reference/norm.ts';
import { s4Scan } from '../../../../test/reference/s4.ts';
import { s4dModes, s4dScan } from '../../../../test/reference/s4d.ts';
import { selectiveScan } from '../../../../test/reference/selectiveScan.ts';
import { columns } from '../../../../test/reference/shape.ts';
import { stateScan } from '../../../../test/reference/stateScan.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import type { Weights } from './mambaReference.ts';

type At = (name: string) => Array64;

export const times = (...factors: Array64[]): Array64 =>
  array(
    factors[0].shape,
    factors[0].data.map((_, i) => factors.reduce((product, { data }) => product * data[i], 1)),
  );

/** S6 with what is selective told from the weights that are there. */
function selectionOf(at: At, u: Array64): Array64 {
  const [D, N] = at('A_log').shape;
  const [batch, L] = u.shape;
  const ranks = ['dt_proj.weight', 'a_proj.weight'].map((name) => at(name)?.shape[1] ?? 0);
  const sizes = [ranks[0], at('B') ? 0 : N, at('C') ? 0 : N, ranks[1]];
  const projected = at('x_proj.weight') && linear(u, at('x_proj.weight'));
  const [r, B, C, s] = sizes.map((size, i) => {
    const from = sizes.slice(0, i).reduce((a, b) => a + b, 0);
    return size ? columns(projected, from, size) : undefined;
  });
  const transposed = ({ data }: Array64) =>
    array(
      [N, D],
      data.map((_, k) => data[(k % D) * N + Math.floor(k / D)]),
    );
  const aLog = transposed(at('A_log'));
  const bias = at('dt_proj.bias');
  const steps = bias.data.length;
  const still = array([batch, L, steps], new Float64Array(batch * L * steps));
  const raw = r ? linear(r, at('dt_proj.weight')) : still;
  const delta = raw.data.map((value, k) => softplus(value + bias.data[k % steps]));
  const log = s && linear(s, at('a_proj.weight')).data.map((value, k) => value + aLog.data[k % (N * D)]);
  const { y } = stateScan({
    u,
    delta: array(steps === D ? [batch, L, D] : [batch, L, N, D], delta),
    rate: log ? array([batch, L, N, D], log.map(Math.exp)) : map(aLog, Math.exp),
    B: B ?? transposed(at('B')),
    C: C ?? transposed(at('C')),
  });
  const skip = at('D').data;
  return array(
    y.shape,
    y.data.map((value, k) => value + skip[k % D] * u.data[k]),
  );
}

const isPlain = (at: At) =>
  !at('B') && !at('C') && !at('a_proj.weight') && at('dt_proj.weight')?.shape[0] === at('A_log').shape[0];

function innerOf(at: At, inner: string, u: Array64): Array64 {
  if (inner === 'selective' && !isPlain(at)) return selectionOf(at, u);
  if (inner === 'selective') {
    const dState = at('A_log').shape[1];
    const dtRank = at('dt_proj.weight').shape[1];
    const projected = linear(u, at('x_proj.weight'));
    return selectiveScan({
      u,
      delta: linear(columns(projected, 0, dtRank), at('dt_proj.weight')),
      A: map(at('A_log'), (value) => -Math.exp(value)),
      B: columns(projected, dtRank, dState),
      C: columns(projected, dtRank + dState, dState),
      D: at('D'),
      deltaBias: at('dt_proj.bias'),
      deltaSoftplus: true,
    }).out;
  }
  const modes = {
    C: at('kernel.C'),
    logDt: at('kernel.log_dt'),
    logAReal: at('kernel.log_A_real'),
    AImag: at('kernel.A_imag'),
  };
  if (inner === 's4') return s4Scan({ u, ...modes, B: at('kernel.B'), P: at('kernel.P'), D: at('D') }).y;
  return s4dScan({ u, modes: s4dModes(modes), D: at('D') }).y;
}

/** The mixer of a block, from its weights. */
export function blockOf(block: string, inner: string, at: At, x: Array64): Array64 {
  if (block === 'h3') {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => linear(x, at(`${name}_proj.weight`), at(`${name}_proj.bias`)));
    const shifted = causalConv1d({ x: k, weight: at('shift.weight'), activation: 'none' }).y;
    return linear(times(q, innerOf(at, inner, times(shifted, v))), at('out_proj.weight'), at('out_proj.bias'));
  }
  const xz = linear(x, at('in_proj.weight'), at('in_proj.bias'));
  const width = at('conv1d.weight').shape[0];
  const u = causalConv1d({ x: columns(xz, 0, width), weight: at('conv1d.weight'), bias: at('conv1d.bias') }).y;
  const gate = map(columns(xz, width, width), silu);
  return linear(times(innerOf(at, inner, u), gate), at('out_proj.weight'), at('out_proj.bias'));
}

/** → (B, L, vocab) */
export function logitsOf({ config }: LanguageModel, weights: Weights, tokens: readonly number[][]): Array64 {
  const [B, L] = [tokens.length, tokens[0].length];
  let x = embedding(weights['backbone.embedding.weight'], Int32Array.from(tokens.flat()), [B, L]);
  let residual: Array64 | undefined;
  for (let i = 0; i < config.nLayer; i++) {
    const prefix = `backbone.layers.${i}`;
    const normed = norm({ x, residual, weight: weights[`${prefix}.norm.weight`] }, 1e-5, false);
    residual = normed.sum;
    x = blockOf(config.model, config.inner as string, (name) => weights[`${prefix}.mixer.${name}`], normed.y);
  }
  const hidden = norm({ x, residual, weight: weights['backbone.norm_f.weight'] }, 1e-5, false).y;
  return linear(hidden, weights['backbone.embedding.weight']);
}
