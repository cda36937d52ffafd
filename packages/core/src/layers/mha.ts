/**
 * attn_cfg of official configs: the keyword arguments of mamba_ssm/modules/mha.py, class MHA, and the layer
 * of a block that they describe. Hybrids have it where attn_layer_idx says.
 */
import { UsageError } from '../errors.ts';
import { MAX_TAPS } from '../ops/causalConv1d.ts';
import { AttentionMixer, type AttentionOptions, checkHeads } from './attention.ts';
import { blockFields, type Family, type Field, field, type ModelConfig, nearestName, residualScale } from './config.ts';
import type { LayerDeclaration } from './mixer.ts';

const fields: Readonly<Record<string, Field>> = {
  num_heads: field.count(undefined),
  num_heads_kv: field.orNull(field.count(undefined)),
  head_dim: field.orNull(field.count(undefined)),
  mlp_dim: field.only(0, '0: this version has no MLP beside attention'),
  qkv_proj_bias: field.flag(true),
  out_proj_bias: field.flag(true),
  softmax_scale: field.orNull(field.positive(1)),
  causal: { ...field.flag(false), accepts: (value) => value === true, expected: 'true: attention here is causal' },
  d_conv: field.whole(0, `a whole number from 0 to ${MAX_TAPS}`, (n) => n >= 0 && n <= MAX_TAPS),
  rotary_emb_dim: field.whole(0, 'an even number ≥ 0', (n) => n >= 0 && n % 2 === 0),
  rotary_emb_base: field.positive(10_000),
  rotary_emb_interleaved: field.flag(false),
  // Not official: keys and values of the last so many steps alone.
  sliding_window: field.orNull(field.count(undefined)),
};

/** Checked options from an attn_cfg; errors name the key, as it is spelt where it came from. */
export function readAttnCfg(
  config: ModelConfig,
  given: Readonly<Record<string, unknown>>,
  { where = 'attn_cfg.', spell = (key: string) => key } = {},
): AttentionOptions {
  const name = (key: string) => where + spell(key);
  const stranger = Object.keys(given).find((key) => !Object.hasOwn(fields, key));
  if (stranger !== undefined) {
    const near = nearestName(stranger, Object.keys(fields));
    throw new UsageError('config.json', `attn_cfg has an unknown key '${stranger}'. Did you mean '${near}'?`);
  }
  const values = Object.fromEntries(
    Object.entries(fields).map(([key, { default: fallback, accepts, expected }]) => {
      const value = given[key] ?? fallback;
      if (accepts(value)) return [key, value];
      throw new UsageError(
        'config.json',
        `${name(key)} is ${JSON.stringify(value) ?? 'missing'}, expected ${expected}.`,
      );
    }),
  );
  const { dModel } = config;
  const heads = values.num_heads as number;
  if (values.head_dim === null && dModel % heads !== 0) {
    throw new UsageError(
      'config.json',
      `${name('num_heads')} is ${heads}, expected a divisor of ${dModel}, or a ${spell('head_dim')}.`,
    );
  }
  const options: AttentionOptions = {
    dModel,
    heads,
    kvHeads: (values.num_heads_kv ?? heads) as number,
    headDim: (values.head_dim ?? dModel / heads) as number,
    layout: 'mha',
    qkvBias: values.qkv_proj_bias as boolean,
    outBias: values.out_proj_bias as boolean,
    rotaryDims: values.rotary_emb_dim as number,
    rotaryBase: values.rotary_emb_base as number,
    interleaved: values.rotary_emb_interleaved as boolean,
    dConv: values.d_conv as number,
    scale: (values.softmax_scale ?? undefined) as number | undefined,
    window: (values.sliding_window ?? undefined) as number | undefined,
    outScale: residualScale(config),
  };
  checkHeads(options, {
    heads: name('num_heads'),
    kvHeads: name('num_heads_kv'),
    headDim: name('head_dim'),
    rotaryDims: name('rotary_emb_dim'),
  });
  return options;
}

/** The attention layer of a block of a hybrid. Official: create_block, where layer_idx is in attn_layer_idx. */
export function mhaLayer(config: ModelConfig, attnCfg: Readonly<Record<string, unknown>>): LayerDeclaration {
  const options = readAttnCfg(config, attnCfg);
  return { norm: 'norm', name: 'mixer', make: (tree) => new AttentionMixer(tree, options) };
}

/** Refuses blocks that there are not, and an attn_cfg that cannot work. */
export function checkAttentionLayers(config: ModelConfig): void {
  const { attnLayerIdx = [], attnCfg = {}, nLayer } = config;
  const at = attnLayerIdx.findIndex((block, k) => block >= nLayer || attnLayerIdx.indexOf(block) !== k);
  if (at >= 0) {
    throw new UsageError(
      'config',
      `attnLayerIdx[${at}] is ${attnLayerIdx[at]}, expected a block below nLayer = ${nLayer}, each once.`,
    );
  }
  if (attnLayerIdx.length > 0) readAttnCfg(config, attnCfg);
}

const camel = (key: string) => key.replace(/_./g, (pair) => pair[1].toUpperCase());

/** As official configs spell what a mixer of ours is given. */
const attnCfgOf = (config: ModelConfig) =>
  Object.fromEntries(Object.keys(fields).map((key) => [key, config[camel(key)]]));

/** Attention alone, as a part of hybrids; its fields are those of attn_cfg in our spelling, causal as all here is. */
export const attention: Family = {
  name: 'attention',
  fields: {
    ...Object.fromEntries(Object.entries(fields).map(([key, one]) => [camel(key), one])),
    causal: { ...fields.causal, default: true },
    dIntermediate: blockFields.dIntermediate,
  },
  complete(config) {
    readAttnCfg(config, attnCfgOf(config), { where: '', spell: camel });
    return config;
  },
  block: (config) => [mhaLayer(config, attnCfgOf(config))],
};
