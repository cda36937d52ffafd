/**
 * Any pattern of mixers: block i has the layers of mixers[i mod their number].
 *
 *   { model: 'hybrid', mixers: ['mamba2', 'mamba2', 's4d'], settings: { mamba2: { headDim: 32 } }, nLayer: 6, … }
 *
 * A mixer is a family of the registry, or 'attention' alone. It has its defaults and what `settings` sets for it. The
 * norms, and the gated MLP that dIntermediate adds, belong to the hybrid.
 */
import { UsageError } from '../errors.ts';
import type { AnyConfig, ModelConfig } from '../layers/config.ts';
import { isPlainObject, nearestName } from '../schema/index.ts';
import { blockFields, type ConfigOf, commonFields, completeConfig, type Family, fieldsOf } from './family.ts';
import { spelled } from './fields.ts';

/** The config of a hybrid of the families `Part`. */
export interface HybridConfig<Part extends Family = Family> extends ModelConfig {
  model: 'hybrid';
  /** The mixers of the blocks in order, repeated over nLayer. */
  mixers: readonly Part['name'][];
  /** Fields of the mixers that differ from their defaults, by mixer. Default: none. */
  settings: { readonly [P in Part as P['name']]?: Partial<Omit<ConfigOf<P>, keyof ModelConfig>> };
}

/** Fields that the whole model shares. */
const shared = [...Object.keys(commonFields), ...Object.keys(blockFields)];

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

/** The family of all patterns of these families. */
export function hybridOf<Part extends Family>(parts: readonly Part[]): Family<HybridConfig<Part>> {
  return patternsOf(parts) as Family<HybridConfig<Part>>;
}

function patternsOf(parts: readonly Family[]): Family<HybridConfig> {
  const names = parts.map(({ name }) => name);
  const partOf = (name: string) => parts[names.indexOf(name)];

  /** The config of a mixer: the shared fields that it has, and its settings. */
  function configOf(config: HybridConfig, name: string): AnyConfig {
    const part = partOf(name);
    const fields = fieldsOf(part);
    const values: Readonly<Record<string, unknown>> = { ...config };
    const common = shared.filter((key) => fields[key]?.accepts(values[key])).map((key) => [key, values[key]]);
    try {
      return completeConfig(part, { ...Object.fromEntries(common), ...config.settings[name] });
    } catch (error) {
      throw error instanceof UsageError ? error.at(`config: settings.${name}`) : error;
    }
  }

  return {
    name: 'hybrid',
    fields: {
      mixers: spelled<HybridConfig['mixers']>(
        {
          accepts: (value) =>
            Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string'),
          expected: `the mixers of the blocks in order, repeated over nLayer, of ${quoted(names)}`,
        },
        { official: 'ssm_cfg.mixers' },
      ),
      settings: spelled<HybridConfig['settings']>(
        {
          default: {},
          accepts: (value) => isPlainObject(value) && Object.values(value).every(isPlainObject),
          expected: 'an object of fields for each mixer, e.g. {"mamba2": {"headDim": 32}}',
        },
        { official: 'ssm_cfg.settings' },
      ),
    },
    officialLayer: 'Hybrid',
    complete(config) {
      checkPattern(config, names);
      for (const name of new Set(config.mixers)) configOf(config, name);
      return config;
    },
    block(config, i) {
      const name = config.mixers[i % config.mixers.length];
      return partOf(name).block(configOf(config, name), i);
    },
  };
}

/** Refuses mixers that do not exist, and settings that no mixer has. */
function checkPattern({ mixers, settings, nLayer, attnLayerIdx = [] }: HybridConfig, names: readonly string[]): void {
  if (attnLayerIdx.length > 0) {
    throw new UsageError(
      'config',
      `attnLayerIdx is ${JSON.stringify(attnLayerIdx)}, expected none: name 'attention' among the mixers.`,
    );
  }
  const at = mixers.findIndex((name) => !names.includes(name));
  if (at >= 0) {
    throw new UsageError(
      'config',
      `mixers[${at}] is '${mixers[at]}', expected one of ${quoted(names)}. Did you mean '${nearestName(mixers[at], names)}'?`,
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
    const common = shared.find((key) => given && Object.hasOwn(given, key));
    if (common === undefined) continue;
    throw new UsageError(
      'config',
      `settings.${name} has ${common}, which all mixers share. Set ${common} of the hybrid.`,
    );
  }
}
