/**
 * Any pattern of mixers: block i has the layers of mixers[i mod their number].
 *
 *   { model: 'hybrid', mixers: ['mamba2', 'mamba2', 's4d'], settings: { mamba2: { headDim: 32 } }, nLayer: 6, … }
 *
 * A mixer is a family of the registry, or 'attention' alone, with its defaults and what `settings` says of it.
 * The norms, and the gated MLP that dIntermediate adds, are the hybrid's own.
 */
import { UsageError } from '../errors.ts';
import {
  blockFields,
  commonFields,
  completeConfig,
  type Family,
  fieldsOf,
  type ModelConfig,
  nearestName,
} from '../layers/config.ts';

export interface HybridConfig extends ModelConfig {
  mixers: readonly string[];
  settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields that are one for the whole model. */
const shared = [...Object.keys(commonFields), ...Object.keys(blockFields)];

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

/** The family of all patterns of these. */
export function hybridOf(parts: readonly Family[]): Family<HybridConfig> {
  const names = parts.map(({ name }) => name);
  const partOf = (name: string) => parts[names.indexOf(name)];

  /** A mixer's config: what all share, where it takes that, and its settings. */
  function configOf(config: HybridConfig, name: string): ModelConfig {
    const part = partOf(name);
    const fields = fieldsOf(part);
    const common = shared.filter((key) => fields[key]?.accepts(config[key])).map((key) => [key, config[key]]);
    try {
      return completeConfig(part, { ...Object.fromEntries(common), ...config.settings[name] });
    } catch (error) {
      throw error instanceof UsageError ? error.at(`config: settings.${name}`) : error;
    }
  }

  return {
    name: 'hybrid',
    fields: {
      mixers: {
        accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string'),
        expected: `the mixers of the blocks in order, repeated over nLayer, of ${quoted(names)}`,
        official: 'ssm_cfg.mixers',
      },
      settings: {
        default: {},
        accepts: (value) => isObject(value) && Object.values(value).every(isObject),
        expected: 'an object of fields for each mixer, e.g. {"mamba2": {"headDim": 32}}',
        official: 'ssm_cfg.settings',
      },
    },
    officialLayer: 'Hybrid',
    complete(config) {
      const { mixers, settings, nLayer, attnLayerIdx = [] } = config;
      if (attnLayerIdx.length > 0) {
        throw new UsageError(
          'config',
          `attnLayerIdx is ${JSON.stringify(attnLayerIdx)}, expected none: name 'attention' among the mixers.`,
        );
      }
      const stranger = mixers.findIndex((name) => !names.includes(name));
      if (stranger >= 0) {
        const name = mixers[stranger];
        throw new UsageError(
          'config',
          `mixers[${stranger}] is '${name}', expected one of ${quoted(names)}. Did you mean '${nearestName(name, names)}'?`,
        );
      }
      if (mixers.length > nLayer) {
        throw new UsageError(
          'config',
          `mixers names ${mixers.length} blocks, expected at most nLayer, ${nLayer}. Leave some out, or set nLayer.`,
        );
      }
      for (const [name, given] of Object.entries(settings)) {
        if (!mixers.includes(name)) {
          throw new UsageError(
            'config',
            `settings has '${name}', expected one of the mixers, ${quoted([...new Set(mixers)])}. Did you mean '${nearestName(name, mixers)}'?`,
          );
        }
        const common = shared.find((key) => key in given);
        if (common === undefined) continue;
        throw new UsageError(
          'config',
          `settings.${name} has ${common}, which all mixers share. Set ${common} of the hybrid.`,
        );
      }
      for (const name of new Set(mixers)) configOf(config, name);
      return config;
    },
    block(config, i) {
      const name = config.mixers[i % config.mixers.length];
      return partOf(name).block(configOf(config, name), i);
    },
  };
}
