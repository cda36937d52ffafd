/** The model families. A new one is a file of its own, and a name in this list. */
import type { AnyConfig } from '../layers/config.ts';
import { attention } from './attention.ts';
import type { ConfigOf, Family, OptionsOf } from './family.ts';
import { FamilySet } from './familySet.ts';
import { h3 } from './h3.ts';
import { hybridOf } from './hybrid.ts';
import { mamba } from './mamba.ts';
import { mamba2 } from './mamba2.ts';
import { mamba3 } from './mamba3.ts';
import { rwkv4 } from './rwkv4.ts';
import { s4 } from './s4.ts';
import { s4d } from './s4d.ts';
import { transformer } from './transformer.ts';

/** The first is the default. */
const simple = [mamba, mamba2, mamba3, s4d, s4, h3, rwkv4, transformer] as const;
const hybrid = hybridOf([...simple, attention]);

/** All families. */
export const registry = new FamilySet([...simple, hybrid]);

/** The names of all families. */
export const modelNames: readonly string[] = registry.names;

/** The config of any family of the registry. */
export type FamilyConfig = ConfigOf<(typeof simple)[number] | typeof hybrid>;

type DefaultConfig = ConfigOf<(typeof simple)[0]>;
type OtherConfig = Exclude<FamilyConfig, DefaultConfig>;
type NamedOptions<C> = C extends FamilyConfig ? OptionsOf<C> & { model: C['model'] } : never;
type KeysOf<C> = C extends unknown ? keyof C : never;

/** Without a model, keys of the other families are errors. */
type DefaultOptions = OptionsOf<DefaultConfig> & { model?: DefaultConfig['model'] } & {
  [K in Exclude<KeysOf<OtherConfig>, keyof DefaultConfig>]?: never;
};

/**
 * What createModel() is given: the family (`model`, default 'mamba'), its sizes, and whatever differs from the defaults.
 *
 *   { vocabSize: 256, dModel: 128, nLayer: 4 }        { model: 'mamba2', headDim: 32, vocabSize: 256, … }
 */
export type ModelOptions = DefaultOptions | NamedOptions<OtherConfig>;

/** The family of a name. Throws UsageError where there is none. */
export const familyOf = (name: string): Family => registry.familyOf(name);

/** A checked config from the names of this project. Throws UsageError for unknown keys and for values out of range. */
export const configOf = (given: Readonly<Record<string, unknown>>): AnyConfig => registry.configOf(given);

/** A checked config from a config.json, in the official spelling or in Hugging Face's. */
export const readConfig = (json: unknown): AnyConfig => registry.readConfig(json);
