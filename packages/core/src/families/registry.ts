/** The model families, and how a config finds its own. A new one is a file and a line here. */

import { closest } from 'fastest-levenshtein';
import { UsageError } from '../errors.ts';
import {
  completeConfig,
  type Family,
  fieldsOf,
  type ModelConfig,
  nearestName,
  readSpelling,
} from '../layers/config.ts';
import { attention, checkAttentionLayers } from '../layers/mha.ts';
import { h3 } from './h3.ts';
import { hybridOf } from './hybrid.ts';
import { mamba } from './mamba.ts';
import { mamba2 } from './mamba2.ts';
import { mamba3 } from './mamba3.ts';
import { rwkv4 } from './rwkv4.ts';
import { s4 } from './s4.ts';
import { s4d } from './s4d.ts';
import { transformer } from './transformer.ts';

const simple: readonly Family[] = [mamba, mamba2, mamba3, s4d, s4, h3, rwkv4, transformer].map(
  (family) => family as unknown as Family,
);
const families: readonly Family[] = [...simple, hybridOf([...simple, attention]) as unknown as Family];

export const modelNames: readonly string[] = families.map(({ name }) => name);

export function familyOf(name: string): Family {
  const family = families.find((one) => one.name === name);
  if (!family) {
    const known = modelNames.map((one) => `'${one}'`).join(', ');
    throw new UsageError(
      'config',
      `unknown model '${name}', expected one of ${known}. Did you mean '${closest(name, [...modelNames])}'?`,
    );
  }
  return family;
}

function complete(family: Family, given: Readonly<Record<string, unknown>>): ModelConfig {
  const config = completeConfig(family, given);
  checkAttentionLayers(config);
  return config;
}

/** A checked config from the names of this project. */
export function configOf(given: Readonly<Record<string, unknown>>): ModelConfig {
  return complete(familyOf(String(given.model ?? 'mamba')), given);
}

/** A checked config from a config.json, official or Hugging Face's. */
export function readConfig(json: unknown): ModelConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new UsageError('config.json', 'expected an object. Give the config.json of a checkpoint.');
  }
  const config = json as Record<string, unknown>;
  if ('sequence_model' in config) {
    throw new UsageError(
      'config.json',
      "it has 'sequence_model', so this classifies or regresses sequences, expected a language model. Load it with loadSequenceModel(), or use mamba-ts predict.",
    );
  }
  const own = families.find(({ officialType, otherTypes = [] }) =>
    [officialType, ...otherTypes].some((type) => type !== undefined && type === config.model_type),
  );
  if (own) return complete(own, readSpelling(own, own.fromJson?.(config) ?? config, 'official'));
  if (typeof config.model_type === 'string' && 'hidden_size' in config) {
    const family = families.find(({ huggingfaceType }) => huggingfaceType === config.model_type);
    if (!family)
      throw new UsageError(
        '',
        unknownFamily(
          'model_type',
          config.model_type,
          families.flatMap((one) => one.huggingfaceType ?? []),
        ),
      );
    if (config.hidden_act !== undefined && config.hidden_act !== 'silu') {
      throw new UsageError(
        'config.json',
        `hidden_act is '${config.hidden_act}', expected 'silu', as the official module has it.`,
      );
    }
    const defaults = { padVocabSizeMultiple: 1, ...family.huggingfaceDefaults };
    return complete(family, { ...defaults, ...readSpelling(family, config, 'huggingface') });
  }
  if (!('d_model' in config)) {
    throw new UsageError(
      'config.json',
      "neither 'd_model' (official) nor 'hidden_size' (Hugging Face) is there. Give the config.json of a checkpoint.",
    );
  }
  const layer = String((config.ssm_cfg as Record<string, unknown> | undefined)?.layer ?? 'Mamba1');
  const family = families.find(({ officialLayer }) => officialLayer === layer);
  if (!family)
    throw new UsageError(
      '',
      unknownFamily(
        'ssm_cfg.layer',
        layer,
        families.flatMap((one) => one.officialLayer ?? []),
      ),
    );
  requireKnownKeys(family, config.ssm_cfg ?? {});
  return complete(family, readSpelling(family, config, 'official'));
}

/** The official mixer refuses a key of ssm_cfg that it does not know, and so do we. */
function requireKnownKeys(family: Family, given: object): void {
  const paths = Object.values(fieldsOf(family)).map(({ official }) => official ?? '');
  const known = [
    'layer',
    'use_fast_path',
    ...paths.filter((path) => path.startsWith('ssm_cfg.')).map((path) => path.slice(8)),
  ];
  const stranger = Object.keys(given).find((key) => !known.includes(key));
  if (stranger === undefined) return;
  throw new UsageError(
    'config.json',
    `ssm_cfg has an unknown key '${stranger}'. Did you mean '${nearestName(stranger, known)}'?`,
  );
}

const unknownFamily = (key: string, value: string, known: readonly string[]) =>
  `config.json: ${key} is '${value}', expected ${known.map((one) => `'${one}'`).join(' or ')}. Use a checkpoint of a family this version has.`;
