/**
 * Model configs: named fields with a default, a check, and their spelling in the official config.json
 * and in Hugging Face's. Reading, checking and writing follow from these declarations.
 */

import { closest } from 'fastest-levenshtein';
import { UsageError } from '../errors.ts';
import type { LayerDeclaration } from './mixer.ts';

export interface ModelConfig {
  /** The family, a name in the registry. */
  model: string;
  vocabSize: number;
  dModel: number;
  nLayer: number;
  rmsNorm: boolean;
  normEpsilon: number;
  /** Embedding rows are padded to a multiple of this. */
  padVocabSizeMultiple: number;
  /** The head uses the embedding's weights. */
  tieEmbeddings: boolean;
  /** Width of the gated MLP after each mixer, 0 for none; families of mamba_ssm have it. */
  dIntermediate?: number;
  /** Blocks whose mixer is attention, and the official attn_cfg of it; families of mamba_ssm have them. */
  attnLayerIdx?: readonly number[];
  attnCfg?: Readonly<Record<string, unknown>>;
  [key: string]: unknown;
}

/** Paths into the two spellings; a dot goes into an object. */
interface Spelling {
  official?: string;
  huggingface?: string;
}

export interface Field extends Spelling {
  /** undefined: must be given. */
  default?: unknown;
  accepts(value: unknown): boolean;
  /** What is accepted, for errors. */
  expected: string;
  /** The official code does not know it: written only where it differs from the default. */
  extension?: boolean;
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1;

/** The name that was meant: d_model, d-model and dmodel all mean dModel. */
export function nearestName(name: string, names: readonly string[]): string {
  const plain = (one: string) => one.toLowerCase().replace(/[-_]/g, '');
  return names.find((one) => plain(one) === plain(name)) ?? closest(name, [...names]);
}

export const field = {
  count: (value: number | undefined, spelling: Spelling = {}, most = Infinity): Field => ({
    default: value,
    accepts: (given) => isCount(given) && (given as number) <= most,
    expected: most === Infinity ? 'a whole number ≥ 1' : `a whole number from 1 to ${most}`,
    ...spelling,
  }),
  countOrAuto: (spelling: Spelling = {}): Field => ({
    default: 'auto',
    accepts: (value) => value === 'auto' || isCount(value),
    expected: "a whole number ≥ 1 or 'auto'",
    ...spelling,
  }),
  /** A whole number that something else must accept too. */
  whole: (
    value: number | undefined,
    expected: string,
    accepts: (n: number) => boolean,
    spelling: Spelling = {},
  ): Field => ({
    default: value,
    accepts: (given) => Number.isSafeInteger(given) && accepts(given as number),
    expected,
    ...spelling,
  }),
  /** Another field, or null, which is the default. */
  orNull: (one: Field): Field => ({
    ...one,
    default: null,
    accepts: (value) => value === null || one.accepts(value),
    expected: `${one.expected}, or null`,
  }),
  /** One value alone; `expected` says why. */
  only: (value: unknown, expected: string, spelling: Spelling = {}): Field => ({
    default: value,
    accepts: (given) => given === value,
    expected,
    ...spelling,
  }),
  positive: (value: number, spelling: Spelling = {}): Field => ({
    default: value,
    accepts: (given) => typeof given === 'number' && Number.isFinite(given) && given > 0,
    expected: 'a number above 0',
    ...spelling,
  }),
  flag: (value: boolean, spelling: Spelling = {}): Field => ({
    default: value,
    accepts: (given) => typeof given === 'boolean',
    expected: 'true or false',
    ...spelling,
  }),
  choice: (values: readonly string[], spelling: Spelling = {}): Field => ({
    default: values[0],
    accepts: (given) => typeof given === 'string' && values.includes(given),
    expected: values.map((value) => `'${value}'`).join(' or '),
    ...spelling,
  }),
};

/** What the model around the mixers is called in checkpoints. */
export interface ModelNames {
  readonly embedding: string;
  /** A LayerNorm or RMSNorm after the embedding, for families that have one. */
  readonly embeddingNorm?: string;
  /** Block i is `${blocks}.${i}`. */
  readonly blocks: string;
  readonly finalNorm: string;
  readonly head: string;
}

/** Those of MambaLMHeadModel. */
export const officialNames: ModelNames = {
  embedding: 'backbone.embedding.weight',
  blocks: 'backbone.layers',
  finalNorm: 'backbone.norm_f',
  head: 'lm_head.weight',
};

/** What a model family declares; the registry lists them. */
export interface Family<C extends ModelConfig = ModelConfig> {
  readonly name: string;
  /** Its own fields, and those common ones that it spells or checks otherwise. */
  readonly fields: Readonly<Record<string, Field>>;
  /** `ssm_cfg.layer` in official configs of mamba_ssm. */
  readonly officialLayer?: string;
  /** `model_type` in official configs of families that are not of mamba_ssm. */
  readonly officialType?: string;
  /** Other values of `model_type` that it reads as its own. */
  readonly otherTypes?: readonly string[];
  /** What the fields' names alone do not say of an official config.json: to them, and from them. */
  fromJson?(json: Record<string, unknown>): Record<string, unknown>;
  toJson?(json: Record<string, unknown>): Record<string, unknown>;
  /** Fills in what follows from other fields, and refuses fields that do not fit each other. */
  complete?(config: C): ModelConfig;
  /** `model_type` in Hugging Face configs, where there is one. */
  readonly huggingfaceType?: string;
  /** Default: officialNames. */
  readonly names?: ModelNames;
  /** The official name of a tensor that Hugging Face's checkpoints name otherwise. */
  officialName?(found: string): string;
  /** What Hugging Face's model does where ours, by default, does as the official one. */
  readonly huggingfaceDefaults?: Readonly<Record<string, unknown>>;
  /** The residual layers of block `i`, in order. */
  block(config: C, i: number): readonly LayerDeclaration[];
}

/** Fields that every family has. */
export const commonFields: Readonly<Record<string, Field>> = {
  vocabSize: field.count(undefined, { official: 'vocab_size', huggingface: 'vocab_size' }),
  dModel: field.count(undefined, { official: 'd_model', huggingface: 'hidden_size' }),
  nLayer: field.count(undefined, { official: 'n_layer', huggingface: 'num_hidden_layers' }),
  rmsNorm: field.flag(true, { official: 'rms_norm' }),
  normEpsilon: field.positive(1e-5, { official: 'norm_epsilon', huggingface: 'layer_norm_epsilon' }),
  padVocabSizeMultiple: field.count(8, { official: 'pad_vocab_size_multiple' }),
  tieEmbeddings: field.flag(true, { official: 'tie_embeddings', huggingface: 'tie_word_embeddings' }),
};

/** What create_block of mamba_ssm puts around the mixers of its families. */
export const blockFields: Readonly<Record<string, Field>> = {
  dIntermediate: {
    default: 0,
    accepts: (value) => value === 0 || isCount(value),
    expected: 'a whole number ≥ 0, the width of the MLP after each mixer, 0 for none',
    official: 'd_intermediate',
  },
  attnLayerIdx: {
    default: [],
    accepts: (value) => Array.isArray(value) && value.every((one) => one === 0 || isCount(one)),
    expected: 'a list of the blocks, from 0, that have attention, e.g. [3, 7]',
    official: 'attn_layer_idx',
  },
  attnCfg: {
    default: {},
    accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    expected: 'an object with the official keys of attention, e.g. {"num_heads": 4, "causal": true}',
    official: 'attn_cfg',
  },
};

/** All fields of a family. */
export function fieldsOf(family: Family): Readonly<Record<string, Field>> {
  return { ...commonFields, ...(family.officialLayer !== undefined && blockFields), ...family.fields };
}

/** What the last map of a residual layer starts from, times this: the official init divides by the root of their number. */
export function residualScale({ nLayer, dIntermediate }: ModelConfig): number {
  return 1 / Math.sqrt(nLayer * (dIntermediate ? 2 : 1));
}

/** Fills in defaults and checks every value. An unknown key is an error with the nearest name. */
export function completeConfig(family: Family, given: Readonly<Record<string, unknown>>): ModelConfig {
  const fields = fieldsOf(family);
  const names = ['model', ...Object.keys(fields)];
  for (const key of Object.keys(given)) {
    if (!names.includes(key)) {
      throw new UsageError(
        'config',
        `unknown key '${key}' for the model '${family.name}'. Did you mean '${nearestName(key, names)}'?`,
      );
    }
  }
  const config: Record<string, unknown> = { model: family.name };
  for (const [name, one] of Object.entries(fields)) {
    const value = given[name] ?? one.default;
    if (!one.accepts(value)) {
      throw new UsageError('config', `${name} is ${JSON.stringify(value) ?? 'missing'}, expected ${one.expected}.`);
    }
    config[name] = value;
  }
  return family.complete?.(config as ModelConfig) ?? (config as ModelConfig);
}

/** The rows of the embedding: vocabSize, padded. */
export function paddedVocabSize({ vocabSize, padVocabSizeMultiple }: ModelConfig): number {
  return Math.ceil(vocabSize / padVocabSizeMultiple) * padVocabSizeMultiple;
}

/** Our names and values from a config.json in one of the two spellings. */
export function readSpelling(
  family: Family,
  json: Record<string, unknown>,
  which: 'official' | 'huggingface',
): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(fieldsOf(family))) {
    const path = one[which];
    const value = path
      ?.split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], json);
    if (value !== undefined && value !== null) given[name] = value;
  }
  return given;
}

/** A config.json in the official spelling. */
export function writeOfficial(family: Family, config: ModelConfig): Record<string, unknown> {
  const { officialType, officialLayer } = family;
  const json: Record<string, unknown> = officialType ? { model_type: officialType } : {};
  const ssm: Record<string, unknown> = { layer: officialLayer };
  for (const [name, one] of Object.entries(fieldsOf(family))) {
    const { official } = one;
    if (!official || (one.extension && config[name] === one.default)) continue;
    const [key, inner] = official.split('.');
    if (inner) ssm[inner] = config[name];
    else json[key] = config[name];
  }
  if (officialType) return family.toJson?.(json) ?? json;
  return { ...json, ssm_cfg: ssm, residual_in_fp32: true, fused_add_norm: true };
}
