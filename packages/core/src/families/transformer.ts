/**
 * The Transformer decoder that others are measured against: Llama's (Touvron et al. 2023), as in transformers'
 * modeling_llama.py, and Mistral's, which differs in its window.
 *
 *   r ← r + attention(norm(r))        r ← r + down(silu(gate(norm(r))) · up(norm(r)))
 *
 * RMSNorm, rotary embedding, SwiGLU; multi-head, grouped-query or multi-query attention. Its config.json and
 * names of tensors are Hugging Face's.
 */
import { UsageError } from '../errors.ts';
import { AttentionMixer, checkHeads } from '../layers/attention.ts';
import { type Family, field, type ModelConfig } from '../layers/config.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { Mixer } from '../layers/mixer.ts';
import type { LayerState, StateFields } from '../layers/state.ts';
import { mul, silu } from '../ops/elementwise.ts';
import { linearInit, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface TransformerConfig extends ModelConfig {
  /** 'auto' is the nearest number to dModel / 64 that fits. */
  numHeads: number;
  /** Heads of keys and values, a divisor of numHeads; 'auto' is numHeads. */
  numKvHeads: number;
  /** 'auto' is dModel / numHeads. */
  headDim: number;
  /** Channels inside the MLP; 'auto' is 8/3 · dModel, rounded up to a multiple of 32. */
  dFfn: number;
  /** Tokens of the longest document, where no window bounds the cache. */
  maxLength: number;
  /** Tokens that a query sees; null: all. */
  window: number | null;
  ropeTheta: number;
  attentionBias: boolean;
  mlpBias: boolean;
}

export class SwiGlu implements Mixer {
  readonly stateFields: StateFields = {};
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly gate: LinearMap;
  private readonly up: LinearMap;
  private readonly down: LinearMap;

  constructor(tree: ParameterTree, { dModel, dFfn, mlpBias, nLayer }: TransformerConfig) {
    const bias = mlpBias ? zeros : undefined;
    this.gate = declareLinear(tree, 'gate_proj', [dFfn, dModel], linearInit(dModel), bias);
    this.up = declareLinear(tree, 'up_proj', [dFfn, dModel], linearInit(dModel), bias);
    this.down = declareLinear(tree, 'down_proj', [dModel, dFfn], linearInit(dFfn, outScale(nLayer)), bias);
    this.mixingFlops = 2 * dFfn;
    // Gate, its silu, up and the product; the output.
    this.activations = 4 * dFfn + dModel;
  }

  forward(x: Tensor): { y: Tensor; state: LayerState } {
    const gated = mul(silu(applyLinear(this.gate, x)), applyLinear(this.up, x));
    return { y: applyLinear(this.down, gated), state: {} };
  }
}

/** Two residual sums a block. */
const outScale = (nLayer: number) => 1 / Math.sqrt(2 * nLayer);

const attentionOf = (tree: ParameterTree, config: TransformerConfig) =>
  new AttentionMixer(tree, {
    dModel: config.dModel,
    heads: config.numHeads,
    kvHeads: config.numKvHeads,
    headDim: config.headDim,
    layout: 'llama',
    qkvBias: config.attentionBias,
    outBias: config.attentionBias,
    rotaryDims: config.headDim,
    rotaryBase: config.ropeTheta,
    window: config.window ?? undefined,
    maxLength: config.maxLength,
    outScale: outScale(config.nLayer),
  });

/** Numbers for 'auto', then what fields ask of each other. */
function complete(given: ModelConfig): ModelConfig {
  const { dModel } = given;
  const { numHeads, numKvHeads, headDim, dFfn } = given as unknown as Record<string, number | 'auto'>;
  const heads = numHeads === 'auto' ? headsFor(dModel) : numHeads;
  if (headDim === 'auto' && dModel % heads !== 0) {
    throw new UsageError('config', `numHeads is ${heads}, expected a divisor of dModel = ${dModel}, or a headDim.`);
  }
  const sizes = {
    numHeads: heads,
    numKvHeads: numKvHeads === 'auto' ? heads : numKvHeads,
    headDim: headDim === 'auto' ? dModel / heads : headDim,
    dFfn: dFfn === 'auto' ? 32 * Math.ceil((8 * dModel) / 96) : dFfn,
  };
  checkHeads(
    { heads, kvHeads: sizes.numKvHeads, headDim: sizes.headDim, rotaryDims: sizes.headDim },
    { heads: 'numHeads', kvHeads: 'numKvHeads', headDim: 'headDim', rotaryDims: 'headDim' },
  );
  return { ...given, ...sizes };
}

function headsFor(dModel: number): number {
  let heads = Math.max(1, Math.round(dModel / 64));
  while (heads > 1 && dModel % (2 * heads) !== 0) heads--;
  return heads;
}

type Json = Record<string, unknown>;

/** transformers 5 keeps the angles' settings in rope_parameters, earlier ones in rope_theta and rope_scaling. */
function fromJson(json: Json): Json {
  const scaling = (json.rope_parameters ?? json.rope_scaling ?? {}) as Json;
  const type = scaling.rope_type ?? scaling.type ?? 'default';
  if (type !== 'default') {
    throw new UsageError(
      'config.json',
      `rope_scaling is of the type '${type}', expected none: this version turns by the plain angles of rope_theta.`,
    );
  }
  if (json.partial_rotary_factor !== undefined && json.partial_rotary_factor !== 1) {
    throw new UsageError('config.json', `partial_rotary_factor is ${json.partial_rotary_factor}, expected 1.`);
  }
  const window = json.model_type === 'mistral' && json.use_sliding_window !== false ? json.sliding_window : undefined;
  return { ...json, sliding_window: window, rope_theta: json.rope_theta ?? scaling.rope_theta };
}

function toJson(json: Json): Json {
  const isMistral = json.sliding_window !== null;
  const { sliding_window, ...others } = json;
  return {
    architectures: [isMistral ? 'MistralForCausalLM' : 'LlamaForCausalLM'],
    ...others,
    model_type: isMistral ? 'mistral' : 'llama',
    ...(isMistral && { sliding_window }),
    rope_parameters: { rope_type: 'default', rope_theta: json.rope_theta },
  };
}

export const transformer: Family<TransformerConfig> = {
  name: 'transformer',
  fields: {
    dModel: field.count(undefined, { official: 'hidden_size' }),
    nLayer: field.count(undefined, { official: 'num_hidden_layers' }),
    rmsNorm: field.only(true, 'true: Llama has RMSNorm'),
    normEpsilon: field.positive(1e-6, { official: 'rms_norm_eps' }),
    padVocabSizeMultiple: { ...field.count(1, { official: 'pad_vocab_size_multiple' }), extension: true },
    tieEmbeddings: field.flag(false, { official: 'tie_word_embeddings' }),
    numHeads: field.countOrAuto({ official: 'num_attention_heads' }),
    numKvHeads: field.countOrAuto({ official: 'num_key_value_heads' }),
    headDim: field.countOrAuto({ official: 'head_dim' }),
    dFfn: field.countOrAuto({ official: 'intermediate_size' }),
    maxLength: field.count(2048, { official: 'max_position_embeddings' }),
    window: field.orNull(field.count(undefined, { official: 'sliding_window' })),
    ropeTheta: field.positive(10_000, { official: 'rope_theta' }),
    attentionBias: field.flag(false, { official: 'attention_bias' }),
    mlpBias: field.flag(false, { official: 'mlp_bias' }),
    activation: field.only('silu', "'silu'", { official: 'hidden_act' }),
    tensorParallel: field.only(1, '1: this version has no parts of maps (pretraining_tp)', {
      official: 'pretraining_tp',
    }),
  },
  officialType: 'llama',
  huggingfaceType: 'llama',
  otherTypes: ['mistral'],
  fromJson,
  toJson,
  complete,
  names: {
    embedding: 'model.embed_tokens.weight',
    blocks: 'model.layers',
    finalNorm: 'model.norm',
    head: 'lm_head.weight',
  },
  block: (config) => [
    { norm: 'input_layernorm', name: 'self_attn', make: (tree) => attentionOf(tree, config) },
    { norm: 'post_attention_layernorm', name: 'mlp', make: (tree) => new SwiGlu(tree, config) },
  ],
};
