/**
 * attn_cfg of official configs: the keyword arguments of MHA in mamba_ssm/modules/mha.py, and the layer that they
 * describe. Hybrids have it in the blocks that attn_layer_idx lists.
 */
import { UsageError } from '../errors.ts';
import { MAX_TAPS } from '../ops/causalConv1d.ts';
import { complete, field, nearestName, type ValuesOf } from '../schema/index.ts';
import { AttentionMixer, type AttentionOptions, checkHeads } from './attention.ts';
import { type ModelConfig, residualScale } from './config.ts';
import type { LayerDeclaration } from './layer.ts';

/** The keys of attn_cfg. All are official but sliding_window: a query sees the last steps, as many as that. */
export const attnFields = {
  num_heads: field.whole({ min: 1 }),
  num_heads_kv: field.orNull(field.whole({ min: 1 })),
  head_dim: field.orNull(field.whole({ min: 1 })),
  mlp_dim: field.only(0, '0: this version has no MLP next to attention'),
  qkv_proj_bias: field.flag({ default: true }),
  out_proj_bias: field.flag({ default: true }),
  softmax_scale: field.orNull(field.number({ min: 0, open: true })),
  causal: {
    ...field.flag({ default: false }),
    accepts: (value: unknown) => value === true,
    expected: 'true: attention here is causal',
  },
  d_conv: field.whole({ min: 0, max: MAX_TAPS, default: 0 }),
  rotary_emb_dim: {
    ...field.whole({ default: 0 }),
    accepts: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) % 2 === 0,
    expected: 'an even number ≥ 0',
  },
  rotary_emb_base: field.number({ min: 0, open: true, default: 10_000 }),
  rotary_emb_interleaved: field.flag({ default: false }),
  sliding_window: field.orNull(field.whole({ min: 1 })),
};

/** A checked attn_cfg. */
export type AttnCfg = ValuesOf<typeof attnFields>;

/**
 * The layer that checked keys describe. Throws UsageError where keys do not fit each other; `spell` and `prefix` say
 * how the error names a key.
 */
export function attentionOptions(
  config: ModelConfig,
  cfg: AttnCfg,
  spell = (key: string) => key,
  prefix = '',
): AttentionOptions {
  const { dModel } = config;
  const name = (key: string) => prefix + spell(key);
  const { num_heads: heads, head_dim } = cfg;
  if (head_dim === null && dModel % heads !== 0) {
    throw new UsageError(
      'config.json',
      `${name('num_heads')} is ${heads}, expected a divisor of ${dModel}, or a ${spell('head_dim')}.`,
    );
  }
  const options: AttentionOptions = {
    dModel,
    heads,
    kvHeads: cfg.num_heads_kv ?? heads,
    headDim: head_dim ?? dModel / heads,
    layout: 'mha',
    qkvBias: cfg.qkv_proj_bias,
    outBias: cfg.out_proj_bias,
    rotaryDims: cfg.rotary_emb_dim,
    rotaryBase: cfg.rotary_emb_base,
    interleaved: cfg.rotary_emb_interleaved,
    dConv: cfg.d_conv,
    scale: cfg.softmax_scale ?? undefined,
    window: cfg.sliding_window ?? undefined,
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

/** Checked options from an attn_cfg. Throws UsageError for a key that is unknown or does not fit. */
export function readAttnCfg(config: ModelConfig, given: Readonly<Record<string, unknown>>): AttentionOptions {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(attnFields, key));
  if (unknown !== undefined) {
    const meant = nearestName(unknown, Object.keys(attnFields));
    throw new UsageError('config.json', `attn_cfg has an unknown key '${unknown}'. Did you mean '${meant}'?`);
  }
  const { attn_cfg } = complete('config.json', { attn_cfg: field.object(attnFields) }, { attn_cfg: given });
  return attentionOptions(config, attn_cfg, undefined, 'attn_cfg.');
}

/** The attention layer of a block of a hybrid. Official: create_block, where layer_idx is in attn_layer_idx. */
export function mhaLayer(config: ModelConfig, attnCfg: Readonly<Record<string, unknown>>): LayerDeclaration {
  const options = readAttnCfg(config, attnCfg);
  return { norm: 'norm', name: 'mixer', make: (tree) => new AttentionMixer(tree, options) };
}

/** Refuses blocks that do not exist, and an attn_cfg that cannot work. */
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
