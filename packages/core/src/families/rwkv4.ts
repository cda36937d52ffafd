/**
 * RWKV-4 (Peng et al. 2023), as in BlinkDL's RWKV_in_150_lines.py.
 *
 *   time mixing      k, v, r = key(xₖ), value(xᵥ), receptance(xᵣ)      y = output(σ(r) · wkv(k, v))
 *   channel mixing   k, r = key(xₖ), receptance(xᵣ)                    y = σ(r) · value(relu(k)²)
 *
 * xₖ, xᵥ, xᵣ are the input mixed with the one before it, each by its own time_mix. A block is both, each
 * with a LayerNorm before it. The decay of wkv is the same for every input: it is time-invariant.
 */

import { type Family, field, type ModelConfig } from '../layers/config.ts';
import type { Mixer } from '../layers/mixer.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { exp, mul, neg, relu, sigmoid, square } from '../ops/elementwise.ts';
import { linear } from '../ops/linear.ts';
import type { Positions } from '../ops/positions.ts';
import { tokenShift } from '../ops/tokenShift.ts';
import { WKV_CHUNK, wkv } from '../ops/wkv.ts';
import { Derived, type Init, linearInit, type Parameter, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface Rwkv4Config extends ModelConfig {
  /** Channels of time mixing; 'auto' is dModel. */
  dAttention: number | 'auto';
  /** Channels inside channel mixing; 'auto' is 4 · dModel. */
  dFfn: number | 'auto';
}

/** Block `i`: its sizes, and where it lies between the first (0) and the last (1). */
function placeOf({ dModel, dAttention, dFfn, nLayer }: Rwkv4Config, i: number) {
  return {
    D: dModel,
    A: dAttention === 'auto' ? dModel : dAttention,
    F: dFfn === 'auto' ? 4 * dModel : dFfn,
    depth: i / Math.max(1, nLayer - 1),
    left: 1 - i / nLayer,
  };
}

const still = { decay: false };
const weight = (tree: ParameterTree, name: string, outputs: number, inputs: number, init: Init) =>
  tree.parameter(`${name}.weight`, [outputs, inputs], init);
const timeMix = (tree: ParameterTree, name: string, D: number, power: number, shift = 0) =>
  tree.parameter(`time_mix_${name}`, [1, 1, D], (values) => ramp(values, (x) => x ** power + shift), still);

/** f over channels at 0, 1/D, 2/D … */
function ramp(values: Float32Array, f: (x: number) => number): void {
  values.forEach((_, d) => {
    values[d] = f(d / values.length);
  });
}

export class TimeMixing implements Mixer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  /** w = −exp(time_decay) */
  private readonly decay: Derived;
  private readonly bonus: Parameter;
  private readonly mixes: readonly Parameter[];
  private readonly key: Parameter;
  private readonly value: Parameter;
  private readonly receptance: Parameter;
  private readonly output: Parameter;

  constructor(tree: ParameterTree, config: Rwkv4Config, i: number) {
    const { D, A, depth, left } = placeOf(config, i);
    this.stateFields = { att_x_prev: { shape: [D] }, aa: { shape: [A] }, bb: { shape: [A] }, pp: { shape: [A] } };
    this.mixingFlops = 6 * D + 8 * A;
    // The mixed inputs; k, v, r, σ(r), wkv, their product, and the kept states; the output.
    this.activations = 4 * D + A * (6 + 3 / WKV_CHUNK);
    const decay = tree.parameter('time_decay', [A], decayInit(depth), still);
    this.decay = new Derived(decay, (values) => neg(exp(values)));
    this.bonus = tree.parameter('time_first', [A], zigzag, still);
    this.mixes = [
      timeMix(tree, 'k', D, left),
      timeMix(tree, 'v', D, left, 0.3 * depth),
      timeMix(tree, 'r', D, 0.5 * left),
    ];
    this.key = weight(tree, 'key', A, D, zeros);
    this.value = weight(tree, 'value', A, D, linearInit(D));
    this.receptance = weight(tree, 'receptance', A, D, zeros);
    this.output = weight(tree, 'output', D, A, zeros);
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState } {
    const mixes = this.mixes.map((mix) => mix.value);
    const shifted = tokenShift({ x: input, mixes, state: state?.att_x_prev, positions });
    const [xk, xv, xr] = shifted.outputs;
    const mixed = wkv({
      k: linear(xk, this.key.value),
      v: linear(xv, this.value.value),
      decay: this.decay.value,
      bonus: this.bonus.value,
      state: state && { aa: state.aa, bb: state.bb, pp: state.pp },
      positions,
    });
    const gate = sigmoid(linear(xr, this.receptance.value));
    return {
      y: linear(mul(gate, mixed.y), this.output.value),
      state: { att_x_prev: shifted.state, ...mixed.state },
    };
  }
}

export class ChannelMixing implements Mixer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly mixes: readonly Parameter[];
  private readonly key: Parameter;
  private readonly receptance: Parameter;
  private readonly value: Parameter;

  constructor(tree: ParameterTree, config: Rwkv4Config, i: number) {
    const { D, F, left } = placeOf(config, i);
    this.stateFields = { ffn_x_prev: { shape: [D] } };
    this.mixingFlops = 5 * D + F;
    // The mixed inputs, r, σ(r), the value and the output; the key, its relu and the square of that.
    this.activations = 6 * D + 3 * F;
    this.mixes = [timeMix(tree, 'k', D, left), timeMix(tree, 'r', D, left)];
    this.key = weight(tree, 'key', F, D, linearInit(D));
    this.receptance = weight(tree, 'receptance', D, D, zeros);
    this.value = weight(tree, 'value', D, F, zeros);
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState } {
    const mixes = this.mixes.map((mix) => mix.value);
    const shifted = tokenShift({ x: input, mixes, state: state?.ffn_x_prev, positions });
    const [xk, xr] = shifted.outputs;
    const value = linear(square(relu(linear(xk, this.key.value))), this.value.value);
    const gate = sigmoid(linear(xr, this.receptance.value));
    return { y: mul(gate, value), state: { ffn_x_prev: shifted.state } };
  }
}

/** From e^−5 to e^3 over the channels, more of them fast in later blocks. */
const decayInit =
  (depth: number): Init =>
  (values) => {
    const last = Math.max(1, values.length - 1);
    values.forEach((_, d) => {
      values[d] = -5 + 8 * (d / last) ** (0.7 + 1.3 * depth);
    });
  };

/** log 0.3, and half a step up, down or neither by turns: channels start apart. */
const zigzag: Init = (values) => {
  values.forEach((_, d) => {
    values[d] = Math.log(0.3) + 0.5 * (((d + 1) % 3) - 1);
  });
};

/** What transformers calls the tensors (convert_rwkv_checkpoint_to_hf.py, backwards). */
const renamed: readonly [RegExp, string][] = [
  [/^rwkv\.embeddings\./, 'emb.'],
  [/^rwkv\./, ''],
  [/\.pre_ln\./, '.ln0.'],
  [/\.attention\./, '.att.'],
  [/\.feed_forward\./, '.ffn.'],
  [/\.time_mix_(k|v|r)\w+$/, '.time_mix_$1'],
];

export const rwkv4: Family<Rwkv4Config> = {
  name: 'rwkv4',
  fields: {
    dModel: field.count(undefined, { official: 'n_embd', huggingface: 'hidden_size' }),
    rmsNorm: field.only(false, 'false: RWKV-4 has LayerNorm'),
    padVocabSizeMultiple: field.count(1, { official: 'pad_vocab_size_multiple' }),
    tieEmbeddings: field.flag(false, { official: 'tie_embeddings', huggingface: 'tie_word_embeddings' }),
    dAttention: field.countOrAuto({ official: 'dim_att', huggingface: 'attention_hidden_size' }),
    dFfn: field.countOrAuto({ official: 'dim_ffn', huggingface: 'intermediate_size' }),
  },
  officialType: 'rwkv4',
  huggingfaceType: 'rwkv',
  names: {
    embedding: 'emb.weight',
    embeddingNorm: 'blocks.0.ln0',
    blocks: 'blocks',
    finalNorm: 'ln_out',
    head: 'head.weight',
  },
  officialName: (found) => renamed.reduce((name, [from, to]) => name.replace(from, to), found),
  block: (config, i) => [
    { norm: 'ln1', name: 'att', make: (tree) => new TimeMixing(tree, config, i) },
    { norm: 'ln2', name: 'ffn', make: (tree) => new ChannelMixing(tree, config, i) },
  ],
};
