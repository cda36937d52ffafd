/**
 * The Transformer decoder that other families are compared with: Llama (Touvron et al. 2023), as in transformers'
 * modeling_llama.py, and Mistral, which differs in its window.
 *
 *   r ← r + attention(norm(r))        r ← r + down(silu(gate(norm(r))) · up(norm(r)))
 *
 * RMSNorm, rotary embedding, SwiGLU; multi-head, grouped-query or multi-query attention. config.json and the names of
 * tensors are those of Hugging Face.
 */
import { UsageError } from '../errors.ts';
import { AttentionMixer, checkHeads } from '../layers/attention.ts';
import type { ModelConfig } from '../layers/config.ts';
import type { LayerOutput, Mixer } from '../layers/layer.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import type { StateFields } from '../layers/state.ts';
import { mul, silu } from '../ops/elementwise.ts';
import { field } from '../schema/index.ts';
import { linearInit, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Family } from './family.ts';
import { count, countOrAuto, flag, positive, spelled } from './fields.ts';

/** The config as it is given: sizes may be 'auto'. */
export interface TransformerConfig extends ModelConfig {
  model: 'transformer';
  /** Heads of queries; 'auto' is the number nearest to dModel / 64 that divides dModel. Default: 'auto'. */
  numHeads: number | 'auto';
  /** Heads of keys and values, a divisor of numHeads; 'auto' is numHeads. Default: 'auto'. */
  numKvHeads: number | 'auto';
  /** Channels of a head; 'auto' is dModel / numHeads. Default: 'auto'. */
  headDim: number | 'auto';
  /** Channels inside the MLP; 'auto' is 8/3 · dModel, rounded up to a multiple of 32. Default: 'auto'. */
  dFfn: number | 'auto';
  /** Tokens of the longest document, where no window bounds the cache. Default: 2048. */
  maxLength: number;
  /** Tokens that a query sees; null: all. Default: null. */
  window: number | null;
  /** The base of the rotation angles. Default: 10000. */
  ropeTheta: number;
  /** Whether the maps of attention have a bias. Default: false. */
  attentionBias: boolean;
  /** Whether the maps of the MLP have a bias. Default: false. */
  mlpBias: boolean;
  /** The only one in this version. Default: 'silu'. */
  activation: 'silu';
  /** Parts of the linear maps (pretraining_tp): this version has no others. Default: 1. */
  tensorParallel: 1;
}

/** The config with a number for each 'auto'. */
export interface CompleteTransformerConfig extends TransformerConfig {
  numHeads: number;
  numKvHeads: number;
  headDim: number;
  dFfn: number;
}

/** (B, L, dModel) → (B, L, dModel), one step at a time. */
export class SwiGlu implements Mixer {
  readonly stateFields: StateFields = {};
  private readonly gate: LinearMap;
  private readonly up: LinearMap;
  private readonly down: LinearMap;

  constructor(tree: ParameterTree, { dModel, dFfn, mlpBias, nLayer }: CompleteTransformerConfig) {
    const bias = mlpBias ? zeros : undefined;
    this.gate = declareLinear(tree, 'gate_proj', [dFfn, dModel], linearInit(dModel), bias);
    this.up = declareLinear(tree, 'up_proj', [dFfn, dModel], linearInit(dModel), bias);
    this.down = declareLinear(tree, 'down_proj', [dModel, dFfn], linearInit(dFfn, outScale(nLayer)), bias);
  }

  forward(x: Tensor): LayerOutput {
    const gated = mul(silu(applyLinear(this.gate, x)), applyLinear(this.up, x));
    return { y: applyLinear(this.down, gated), state: {} };
  }
}

/** A block has two residual layers. */
const outScale = (nLayer: number) => 1 / Math.sqrt(2 * nLayer);

const attentionOf = (tree: ParameterTree, config: CompleteTransformerConfig) =>
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

/** Replaces 'auto' by numbers. Throws UsageError where heads do not fit. */
function complete(given: TransformerConfig): CompleteTransformerConfig {
  const { dModel, numHeads, numKvHeads, headDim, dFfn } = given;
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
      `rope_scaling is of the type '${type}', expected none: this version rotates by the plain angles of rope_theta.`,
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

/** The Transformer family: Llama and Mistral. */
export const transformer: Family<TransformerConfig, CompleteTransformerConfig> = {
  name: 'transformer',
  fields: {
    dModel: spelled(count(), { official: 'hidden_size' }),
    nLayer: spelled(count(), { official: 'num_hidden_layers' }),
    rmsNorm: field.only(true, 'true: Llama has RMSNorm'),
    normEpsilon: spelled(positive(1e-6), { official: 'rms_norm_eps' }),
    padVocabSizeMultiple: spelled(count(1), { official: 'pad_vocab_size_multiple', extension: true }),
    tieEmbeddings: spelled(flag(false), { official: 'tie_word_embeddings' }),
    numHeads: spelled(countOrAuto(), { official: 'num_attention_heads' }),
    numKvHeads: spelled(countOrAuto(), { official: 'num_key_value_heads' }),
    headDim: spelled(countOrAuto(), { official: 'head_dim' }),
    dFfn: spelled(countOrAuto(), { official: 'intermediate_size' }),
    maxLength: spelled(count(2048), { official: 'max_position_embeddings' }),
    window: spelled(field.orNull(count()), { official: 'sliding_window' }),
    ropeTheta: spelled(positive(10_000), { official: 'rope_theta' }),
    attentionBias: spelled(flag(false), { official: 'attention_bias' }),
    mlpBias: spelled(flag(false), { official: 'mlp_bias' }),
    activation: spelled(field.only('silu', "'silu'"), { official: 'hidden_act' }),
    tensorParallel: spelled(field.only(1, '1: this version has no parts of maps (pretraining_tp)'), {
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
