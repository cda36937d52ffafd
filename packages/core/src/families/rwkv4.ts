/**
 * RWKV-4 (Peng et al. 2023), as in BlinkDL's RWKV_in_150_lines.py.
 *
 *   time mixing      k, v, r = key(xₖ), value(xᵥ), receptance(xᵣ)      y = output(σ(r) · wkv(k, v))
 *   channel mixing   k, r = key(xₖ), receptance(xᵣ)                    y = σ(r) · value(relu(k)²)
 *
 * xₖ, xᵥ, xᵣ are the input mixed with the input of the step before, each by its own time_mix. A block is both layers,
 * each after a LayerNorm. The decay of wkv is the same for every input: it is time-invariant.
 */

import type { ModelConfig } from '../layers/config.ts';
import type { LayerOutput, Mixer } from '../layers/layer.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { exp, mul, neg, relu, sigmoid, square } from '../ops/elementwise.ts';
import type { Positions } from '../ops/positions.ts';
import { tokenShift } from '../ops/tokenShift.ts';
import { wkv } from '../ops/wkv.ts';
import { field } from '../schema/index.ts';
import { Derived, type Init, linearInit, type Parameter, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Family } from './family.ts';
import { count, countOrAuto, flag, spelled } from './fields.ts';

/** The config of RWKV-4. */
export interface Rwkv4Config extends ModelConfig {
  model: 'rwkv4';
  /** Channels of time mixing; 'auto' is dModel. Default: 'auto'. */
  dAttention: number | 'auto';
  /** Channels inside channel mixing; 'auto' is 4 · dModel. Default: 'auto'. */
  dFfn: number | 'auto';
}

/** The sizes of block `i`, its depth from 0 (the first) to 1 (the last), and the part of the blocks from it on. */
function blockSizes({ dModel, dAttention, dFfn, nLayer }: Rwkv4Config, i: number) {
  return {
    D: dModel,
    A: dAttention === 'auto' ? dModel : dAttention,
    F: dFfn === 'auto' ? 4 * dModel : dFfn,
    depth: i / Math.max(1, nLayer - 1),
    left: 1 - i / nLayer,
  };
}

const fixed = { decay: false };
const timeMix = (tree: ParameterTree, name: string, D: number, power: number, shift = 0) =>
  tree.parameter(`time_mix_${name}`, [1, 1, D], (values) => ramp(values, (x) => x ** power + shift), fixed);

/** f over channels at 0, 1/D, 2/D … */
function ramp(values: Float32Array, f: (x: number) => number): void {
  values.forEach((_, d) => {
    values[d] = f(d / values.length);
  });
}

/** (B, L, dModel) → (B, L, dModel). State: the last input, and aa, bb and pp of wkv. */
export class TimeMixing implements Mixer {
  readonly stateFields: StateFields;
  /** w = −exp(time_decay) */
  private readonly decay: Derived;
  private readonly bonus: Parameter;
  private readonly mixes: readonly Parameter[];
  private readonly key: LinearMap;
  private readonly value: LinearMap;
  private readonly receptance: LinearMap;
  private readonly output: LinearMap;

  constructor(tree: ParameterTree, config: Rwkv4Config, i: number) {
    const { D, A, depth, left } = blockSizes(config, i);
    this.stateFields = { att_x_prev: { shape: [D] }, aa: { shape: [A] }, bb: { shape: [A] }, pp: { shape: [A] } };
    const decay = tree.parameter('time_decay', [A], decayInit(depth), fixed);
    this.decay = new Derived(decay, (values) => neg(exp(values)));
    this.bonus = tree.parameter('time_first', [A], zigzag, fixed);
    this.mixes = [
      timeMix(tree, 'k', D, left),
      timeMix(tree, 'v', D, left, 0.3 * depth),
      timeMix(tree, 'r', D, 0.5 * left),
    ];
    this.key = declareLinear(tree, 'key', [A, D], zeros);
    this.value = declareLinear(tree, 'value', [A, D], linearInit(D));
    this.receptance = declareLinear(tree, 'receptance', [A, D], zeros);
    this.output = declareLinear(tree, 'output', [D, A], zeros);
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): LayerOutput {
    const mixes = this.mixes.map((mix) => mix.value);
    const shifted = tokenShift({ x: input, mixes, state: state?.att_x_prev, positions });
    const [xk, xv, xr] = shifted.outputs;
    const mixed = wkv({
      k: applyLinear(this.key, xk),
      v: applyLinear(this.value, xv),
      decay: this.decay.value,
      bonus: this.bonus.value,
      state: state && { aa: state.aa, bb: state.bb, pp: state.pp },
      positions,
    });
    const gate = sigmoid(applyLinear(this.receptance, xr));
    return {
      y: applyLinear(this.output, mul(gate, mixed.y)),
      state: { att_x_prev: shifted.state, ...mixed.state },
    };
  }
}

/** (B, L, dModel) → (B, L, dModel). State: the last input. */
export class ChannelMixing implements Mixer {
  readonly stateFields: StateFields;
  private readonly mixes: readonly Parameter[];
  private readonly key: LinearMap;
  private readonly receptance: LinearMap;
  private readonly value: LinearMap;

  constructor(tree: ParameterTree, config: Rwkv4Config, i: number) {
    const { D, F, left } = blockSizes(config, i);
    this.stateFields = { ffn_x_prev: { shape: [D] } };
    this.mixes = [timeMix(tree, 'k', D, left), timeMix(tree, 'r', D, left)];
    this.key = declareLinear(tree, 'key', [F, D], linearInit(D));
    this.receptance = declareLinear(tree, 'receptance', [D, D], zeros);
    this.value = declareLinear(tree, 'value', [D, F], zeros);
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): LayerOutput {
    const mixes = this.mixes.map((mix) => mix.value);
    const shifted = tokenShift({ x: input, mixes, state: state?.ffn_x_prev, positions });
    const [xk, xr] = shifted.outputs;
    const value = applyLinear(this.value, square(relu(applyLinear(this.key, xk))));
    const gate = sigmoid(applyLinear(this.receptance, xr));
    return { y: mul(gate, value), state: { ffn_x_prev: shifted.state } };
  }
}

/** From −5 to 3 over the channels; in later blocks more of them are large, which means a fast decay. */
const decayInit =
  (depth: number): Init =>
  (values) => {
    const last = Math.max(1, values.length - 1);
    values.forEach((_, d) => {
      values[d] = -5 + 8 * (d / last) ** (0.7 + 1.3 * depth);
    });
  };

/** log 0.3 − 0.5, log 0.3 and log 0.3 + 0.5 in turn, so that channels start differently. */
const zigzag: Init = (values) => {
  values.forEach((_, d) => {
    values[d] = Math.log(0.3) + 0.5 * (((d + 1) % 3) - 1);
  });
};

/** From the names of transformers to the official ones (convert_rwkv_checkpoint_to_hf.py, reversed). */
const renamed: readonly [RegExp, string][] = [
  [/^rwkv\.embeddings\./, 'emb.'],
  [/^rwkv\./, ''],
  [/\.pre_ln\./, '.ln0.'],
  [/\.attention\./, '.att.'],
  [/\.feed_forward\./, '.ffn.'],
  [/\.time_mix_(k|v|r)\w+$/, '.time_mix_$1'],
];

/** The RWKV-4 family. */
export const rwkv4: Family<Rwkv4Config> = {
  name: 'rwkv4',
  fields: {
    dModel: spelled(count(), { official: 'n_embd', huggingface: 'hidden_size' }),
    rmsNorm: field.only(false, 'false: RWKV-4 has LayerNorm'),
    padVocabSizeMultiple: spelled(count(1), { official: 'pad_vocab_size_multiple' }),
    tieEmbeddings: spelled(flag(false), { official: 'tie_embeddings', huggingface: 'tie_word_embeddings' }),
    dAttention: spelled(countOrAuto(), { official: 'dim_att', huggingface: 'attention_hidden_size' }),
    dFfn: spelled(countOrAuto(), { official: 'dim_ffn', huggingface: 'intermediate_size' }),
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
