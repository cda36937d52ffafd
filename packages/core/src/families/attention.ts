/** Attention alone, as a part of hybrids: its fields are the keys of attn_cfg in camelCase. */
import { AttentionMixer } from '../layers/attention.ts';
import type { ModelConfig } from '../layers/config.ts';
import { type AttnCfg, attentionOptions, attnFields } from '../layers/mha.ts';
import { blockFields, type Family } from './family.ts';

const camel = (key: string) => key.replace(/_./g, (pair) => pair[1].toUpperCase());

type Camel<Key extends string> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Key;
type CamelKeys<T> = { [Key in keyof T & string as Camel<Key>]: T[Key] };

/** { numHeads, numHeadsKv, headDim, rotaryEmbDim, … } */
export interface AttentionConfig extends ModelConfig, CamelKeys<AttnCfg> {
  model: 'attention';
}

const fields = Object.fromEntries(
  Object.entries(attnFields).map(([key, declared]) => [camel(key), declared]),
) as CamelKeys<typeof attnFields>;

/** The config under the keys of attn_cfg. */
const attnCfgOf = (config: object) =>
  Object.fromEntries(
    Object.keys(attnFields).map((key) => [key, (config as Record<string, unknown>)[camel(key)]]),
  ) as AttnCfg;

/** Attention as a part of hybrids. It is not a model by itself. */
export const attention: Family<AttentionConfig> = {
  name: 'attention',
  fields: {
    ...fields,
    causal: { ...attnFields.causal, default: true },
    dIntermediate: blockFields.dIntermediate,
  },
  complete(config) {
    attentionOptions(config, attnCfgOf(config), camel);
    return config;
  },
  block(config) {
    const options = attentionOptions(config, attnCfgOf(config), camel);
    return [{ norm: 'norm', name: 'mixer', make: (tree) => new AttentionMixer(tree, options) }];
  },
};
