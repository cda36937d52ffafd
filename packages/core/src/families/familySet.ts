/** A set of model families, and how a config finds its family. A model needs no other family than its own. */
import { UsageError } from '../errors.ts';
import type { AnyConfig } from '../layers/config.ts';
import { checkAttentionLayers } from '../layers/mha.ts';
import { nearestName } from '../schema/index.ts';
import { completeConfig, type Family, fieldsOf, readSpelling } from './family.ts';

type Json = Readonly<Record<string, unknown>>;

/** Finds families by name, and reads configs with them. */
export class FamilySet {
  readonly names: readonly string[];

  /** The first family is the default. */
  constructor(private readonly families: readonly Family[]) {
    this.names = families.map(({ name }) => name);
  }

  /** The family of a name. Throws UsageError where there is none. */
  familyOf(name: string): Family {
    const family = this.families.find((known) => known.name === name);
    if (family) return family;
    throw new UsageError(
      'config',
      `unknown model '${name}', expected one of ${quoted(this.names).join(', ')}. Did you mean '${nearestName(name, this.names)}'?`,
    );
  }

  /** A checked config from the names of this project. */
  configOf(given: Json): AnyConfig {
    return complete(this.familyOf(String(given.model ?? this.names[0])), given);
  }

  /** A checked config from a config.json, in the official spelling or in Hugging Face's. */
  readConfig(json: unknown): AnyConfig {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new UsageError('config.json', 'expected an object. Give the config.json of a checkpoint.');
    }
    const config = json as Json;
    if ('sequence_model' in config) {
      throw new UsageError(
        'config.json',
        "it has 'sequence_model', so this classifies or regresses sequences, expected a language model. Load it with loadSequenceModel(), or use mamba-ts predict.",
      );
    }
    const family = this.families.find(({ officialType, otherTypes = [] }) =>
      [officialType, ...otherTypes].some((type) => type !== undefined && type === config.model_type),
    );
    if (family) return complete(family, readSpelling(family, family.fromJson?.({ ...config }) ?? config, 'official'));
    if (typeof config.model_type === 'string' && 'hidden_size' in config) return this.readHuggingFace(config);
    if ('d_model' in config) return this.readOfficial(config);
    throw new UsageError(
      'config.json',
      "neither 'd_model' (official) nor 'hidden_size' (Hugging Face) is there. Give the config.json of a checkpoint.",
    );
  }

  private readHuggingFace(config: Json): AnyConfig {
    const type = String(config.model_type);
    const family = this.families.find(({ huggingfaceType }) => huggingfaceType === type);
    if (!family) throw unknownFamily('model_type', type, 'huggingfaceType', this.families);
    if (config.hidden_act !== undefined && config.hidden_act !== 'silu') {
      throw new UsageError(
        'config.json',
        `hidden_act is '${config.hidden_act}', expected 'silu', as the official module has it.`,
      );
    }
    const defaults = { padVocabSizeMultiple: 1, ...family.huggingfaceDefaults };
    return complete(family, { ...defaults, ...readSpelling(family, config, 'huggingface') });
  }

  /** The config of mamba_ssm's MambaConfig. */
  private readOfficial(config: Json): AnyConfig {
    const ssm = (config.ssm_cfg ?? {}) as Json;
    const layer = String(ssm.layer ?? 'Mamba1');
    const family = this.families.find(({ officialLayer }) => officialLayer === layer);
    if (!family) throw unknownFamily('ssm_cfg.layer', layer, 'officialLayer', this.families);
    requireKnownKeys(family, ssm);
    return complete(family, readSpelling(family, config, 'official'));
  }
}

function complete(family: Family, given: Json): AnyConfig {
  const config = completeConfig(family, given);
  checkAttentionLayers(config);
  return config;
}

const SSM_CFG = 'ssm_cfg.';

/** Refuses a key of ssm_cfg that the mixer does not know, as the official mixer does. */
function requireKnownKeys(family: Family, given: Json): void {
  const paths = Object.values(fieldsOf(family)).map(({ official = '' }) => official);
  const keys = paths.filter((path) => path.startsWith(SSM_CFG)).map((path) => path.slice(SSM_CFG.length));
  const known = ['layer', 'use_fast_path', ...keys];
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new UsageError(
    'config.json',
    `ssm_cfg has an unknown key '${unknown}'. Did you mean '${nearestName(unknown, known)}'?`,
  );
}

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`);

function unknownFamily(
  key: string,
  value: string,
  name: 'officialLayer' | 'huggingfaceType',
  families: readonly Family[],
): UsageError {
  const known = quoted(families.flatMap((family) => family[name] ?? [])).join(' or ');
  return new UsageError(
    'config.json',
    `${key} is '${value}', expected ${known}. Use a checkpoint of a family that this version has.`,
  );
}
