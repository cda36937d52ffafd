/** RWKV-4 in f64, from the reference operations: RWKV_in_150_lines.py over whole sequences. */
import { type Array64, map } from '../../../../test/reference/array.ts';
import { binary, relu, sigmoid } from '../../../../test/reference/elementwise.ts';
import { embedding } from '../../../../test/reference/embedding.ts';
import { linear } from '../../../../test/reference/linear.ts';
import { norm } from '../../../../test/reference/norm.ts';
import { tokenShift } from '../../../../test/reference/tokenShift.ts';
import { wkv } from '../../../../test/reference/wkv.ts';
import type { Weights } from './mambaReference.ts';

const add = (a: Array64, b: Array64) => binary((x, y) => x + y, a, b);
const mul = (a: Array64, b: Array64) => binary((x, y) => x * y, a, b);

/** → (B, L, vocab) */
export function rwkvLogits(weights: Weights, nLayer: number, tokens: readonly number[][]): Array64 {
  const normed = (name: string, x: Array64) =>
    norm({ x, weight: weights[`${name}.weight`], bias: weights[`${name}.bias`] }, 1e-5, true).y;
  const shape = [tokens.length, tokens[0].length];
  let x = normed('blocks.0.ln0', embedding(weights['emb.weight'], Int32Array.from(tokens.flat()), shape));
  for (let i = 0; i < nLayer; i++) {
    const at = (name: string) => weights[`blocks.${i}.${name}`];
    const mixed = (part: string, input: Array64, names: string[]) =>
      tokenShift({ x: input, mixes: names.map((name) => at(`${part}.time_mix_${name}`)) }).outputs;

    const [xk, xv, xr] = mixed('att', normed(`blocks.${i}.ln1`, x), ['k', 'v', 'r']);
    const { y } = wkv({
      k: linear(xk, at('att.key.weight')),
      v: linear(xv, at('att.value.weight')),
      decay: map(at('att.time_decay'), (value) => -Math.exp(value)),
      bonus: at('att.time_first'),
    });
    const r = map(linear(xr, at('att.receptance.weight')), sigmoid);
    x = add(x, linear(mul(r, y), at('att.output.weight')));

    const [fk, fr] = mixed('ffn', normed(`blocks.${i}.ln2`, x), ['k', 'r']);
    const k = map(linear(fk, at('ffn.key.weight')), (value) => relu(value) ** 2);
    const gate = map(linear(fr, at('ffn.receptance.weight')), sigmoid);
    x = add(x, mul(gate, linear(k, at('ffn.value.weight'))));
  }
  return linear(normed('ln_out', x), weights['head.weight']);
}
