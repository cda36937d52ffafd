/**
 * What a model family declares, and what follows from it: checked configs, and config.json in two spellings.
 *
 *   export const mamba: Family<MambaConfig> = { name: 'mamba', fields: { dState: … }, block: (config) => […] };
 */
import { UsageError } from '../errors.ts';
import type { AnyConfig, ModelConfig } from '../layers/config.ts';
import type { LayerDeclaration } from '../layers/layer.ts';
import { complete, field, nearestName } from '../schema/index.ts';
import { type ConfigField, type ConfigFields, count, flag, positive, spelled } from './fields.ts';

/** A field for each key that the config adds, and those common fields that the family checks or spells differently. */
type FieldsOf<C extends ModelConfig> = {
  readonly [K in Exclude<keyof C, keyof ModelConfig>]-?: ConfigField<C[K]>;
} & { readonly [K in keyof ModelConfig]?: ConfigField };

/** What the parts of a model outside of the mixers are called in checkpoints. */
export interface ModelNames {
  readonly embedding: string;
  /** The norm after the embedding, for families that have one. */
  readonly embeddingNorm?: string;
  /** Block i is `${blocks}.${i}`. */
  readonly blocks: string;
  readonly finalNorm: string;
  readonly head: string;
}

/** The names of MambaLMHeadModel. */
export const officialNames: ModelNames = {
  embedding: 'backbone.embedding.weight',
  blocks: 'backbone.layers',
  finalNorm: 'backbone.norm_f',
  head: 'lm_head.weight',
};

/**
 * A model family. `Given` is the config as the fields accept it, `Complete` the config after complete(): where a
 * family replaces 'auto' by numbers, they differ.
 */
export interface Family<Given extends ModelConfig = ModelConfig, Complete extends Given = Given> {
  readonly name: Given['model'];
  readonly fields: FieldsOf<Given>;
  /** `ssm_cfg.layer` in official configs of mamba_ssm. */
  readonly officialLayer?: string;
  /** `model_type` in official configs of families that are not of mamba_ssm. */
  readonly officialType?: string;
  /** Other values of `model_type` that the family reads. */
  readonly otherTypes?: readonly string[];
  /** `model_type` in configs of Hugging Face, where there is one. */
  readonly huggingfaceType?: string;
  /** Defaults of Hugging Face's model where they differ from the official ones. */
  readonly huggingfaceDefaults?: Readonly<Record<string, unknown>>;
  /** Changes an official config.json before the fields are read from it. */
  fromJson?(json: Record<string, unknown>): Record<string, unknown>;
  /** Changes a config.json after the fields are written to it. */
  toJson?(json: Record<string, unknown>): Record<string, unknown>;
  /** Computes fields that follow from others, and refuses fields that do not fit each other. */
  complete?(config: Given): Complete;
  /** Default: officialNames. */
  readonly names?: ModelNames;
  /** The official name of a tensor that Hugging Face's checkpoints name differently. */
  officialName?(found: string): string;
  /** The residual layers of block `i`, in order. */
  block(config: Complete, i: number): readonly LayerDeclaration[];
}

/** The config that a family is given: ConfigOf<typeof mamba> is MambaConfig. */
export type ConfigOf<F> = F extends Family<infer Given, infer _Complete> ? Given : never;

type RequiredKeys = 'vocabSize' | 'dModel' | 'nLayer';

/** What a caller gives for a config: its sizes; all other fields have defaults. */
export type OptionsOf<C extends ModelConfig> = Pick<C, RequiredKeys> & Partial<Omit<C, RequiredKeys | 'model'>>;

/** Fields that every family has. */
export const commonFields = {
  vocabSize: spelled(count(), { official: 'vocab_size', huggingface: 'vocab_size' }),
  dModel: spelled(count(), { official: 'd_model', huggingface: 'hidden_size' }),
  nLayer: spelled(count(), { official: 'n_layer', huggingface: 'num_hidden_layers' }),
  rmsNorm: spelled(flag(true), { official: 'rms_norm' }),
  normEpsilon: spelled(positive(1e-5), {
    official: 'norm_epsilon',
    huggingface: 'layer_norm_epsilon',
  }),
  padVocabSizeMultiple: spelled(count(8), { official: 'pad_vocab_size_multiple' }),
  tieEmbeddings: spelled(flag(true), {
    official: 'tie_embeddings',
    huggingface: 'tie_word_embeddings',
  }),
} satisfies ConfigFields;

const isBlockIndex = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

/** What create_block of mamba_ssm puts around the mixers of its families. */
export const blockFields = {
  dIntermediate: spelled(
    field.whole({
      min: 0,
      default: 0,
      expected: 'a whole number ≥ 0, the width of the MLP after each mixer, 0 for none',
    }),
    { official: 'd_intermediate' },
  ),
  attnLayerIdx: spelled<readonly number[]>(
    {
      default: [],
      accepts: (value) => Array.isArray(value) && value.every(isBlockIndex),
      expected: 'a list of the blocks, from 0, that have attention, e.g. [3, 7]',
    },
    { official: 'attn_layer_idx' },
  ),
  attnCfg: spelled<Readonly<Record<string, unknown>>>(
    {
      default: {},
      accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      expected: 'an object with the official keys of attention, e.g. {"num_heads": 4, "causal": true}',
    },
    { official: 'attn_cfg' },
  ),
} satisfies ConfigFields;

/** All fields of a family. */
export function fieldsOf(family: Family): ConfigFields {
  return { ...commonFields, ...(family.officialLayer !== undefined && blockFields), ...family.fields };
}

/** Fills in defaults and checks every value. Throws UsageError; an unknown key comes with the nearest name. */
export function completeConfig(family: Family, given: Readonly<Record<string, unknown>>): AnyConfig {
  const fields = fieldsOf(family);
  const { model: _model, ...values } = given;
  const unknown = Object.keys(values).find((key) => !Object.hasOwn(fields, key));
  if (unknown !== undefined) {
    const meant = nearestName(unknown, ['model', ...Object.keys(fields)]);
    throw new UsageError('config', `unknown key '${unknown}' for the model '${family.name}'. Did you mean '${meant}'?`);
  }
  const config = { model: family.name, ...complete('config', fields, values) } as AnyConfig;
  return (family.complete?.(config) ?? config) as AnyConfig;
}

/** The values of a config.json in one of the two spellings, under the names of this project. */
export function readSpelling(
  family: Family,
  json: Readonly<Record<string, unknown>>,
  spelling: 'official' | 'huggingface',
): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [name, { [spelling]: path }] of Object.entries(fieldsOf(family))) {
    const value = path === undefined ? undefined : valueAt(json, path);
    if (value !== undefined && value !== null) given[name] = value;
  }
  return given;
}

function valueAt(json: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = json;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}

/** A config.json in the official spelling. */
export function writeOfficial(family: Family, config: AnyConfig): Record<string, unknown> {
  const { officialType, officialLayer } = family;
  const json: Record<string, unknown> = officialType ? { model_type: officialType } : {};
  const ssm: Record<string, unknown> = { layer: officialLayer };
  for (const [name, { official, extension, default: usual }] of Object.entries(fieldsOf(family))) {
    if (!official || (extension && config[name] === usual)) continue;
    const [key, inner] = official.split('.');
    if (inner) ssm[inner] = config[name];
    else json[key] = config[name];
  }
  if (officialType) return family.toJson?.(json) ?? json;
  return { ...json, ssm_cfg: ssm, residual_in_fp32: true, fused_add_norm: true };
}
