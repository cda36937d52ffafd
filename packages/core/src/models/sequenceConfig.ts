/**
 * The config of a sequence model: the config of a family, and the inputs and outputs.
 *
 * config.json is the official one of the family with one more section, `sequence_model`.
 */
import { UsageError } from '../errors.ts';
import { completeConfig, type Family, writeOfficial } from '../families/family.ts';
import type { FamilySet } from '../families/familySet.ts';
import { type ConfigField, type ConfigFields, choice, spelled } from '../families/fields.ts';
import { joins } from '../layers/bidirectional.ts';
import type { AnyConfig, ModelConfig } from '../layers/config.ts';
import { poolings } from '../ops/pool.ts';
import { field } from '../schema/index.ts';

/** What a sequence model adds to the config of a family. */
export interface SequenceShape {
  /** Real numbers of a step; 0: steps are tokens, of vocabSize kinds. Default: 0. */
  dInput: number;
  /** Classes of a classification; 0: a regression. Default: 0. */
  nClasses: number;
  /** Values of a regression; 0: a classification. Default: 0. */
  nTargets: number;
  /** One output for the whole sequence, or one for each step. Default: 'sequence'. */
  output: 'sequence' | 'step';
  /** Output 'sequence': the mean of the steps, the last step, or the maximum of each channel. Default: 'mean'. */
  pooling: 'mean' | 'last' | 'max';
  /** Whether layers read in both directions, and how the two are joined. Default: 'none'. */
  bidirectional: 'none' | 'add' | 'concat' | 'gate';
}

/** A checked config. vocabSize is 0 where steps are real numbers. */
export interface SequenceConfig extends ModelConfig, SequenceShape {}

/** A checked config, with the fields of its family. */
export type AnySequenceConfig = SequenceConfig & AnyConfig;

const SECTION = 'sequence_model';

const whole = (key: string, what: string): ConfigField<number> =>
  spelled(field.whole({ min: 0, default: 0, expected: `a whole number ≥ 0, ${what}` }), {
    official: `${SECTION}.${key}`,
  });

/** The fields of a sequence model that do not belong to its family. */
export const sequenceFields = {
  dInput: whole('d_input', 'the real numbers of a step, 0 for tokens'),
  nClasses: whole('n_classes', 'the classes of a classification, 0 for a regression'),
  nTargets: whole('n_targets', 'the values of a regression, 0 for a classification'),
  output: spelled(choice('sequence', 'step'), { official: `${SECTION}.output` }),
  pooling: spelled(choice(...poolings), { official: `${SECTION}.pooling` }),
  bidirectional: spelled(choice('none', ...joins), { official: `${SECTION}.bidirectional` }),
} satisfies { [K in keyof SequenceShape]: ConfigField<SequenceShape[K]> };

/** The fields of both. A model of real numbers has no vocabulary, so the checks of the family wait. */
function withSection(family: Family): Family {
  const vocabSize = {
    ...whole('', 'the kinds of tokens, 0 where steps are real numbers (dInput)'),
    official: 'vocab_size',
  };
  const fields: ConfigFields = { ...family.fields, ...sequenceFields, vocabSize };
  return { ...family, fields, complete: undefined };
}

/** A checked config from the names of this project. Throws UsageError. */
export function sequenceConfigIn(families: FamilySet, given: Readonly<Record<string, unknown>>): AnySequenceConfig {
  const family = families.familyOf(String(given.model ?? families.names[0]));
  const config = completeConfig(withSection(family), given) as AnySequenceConfig;
  const { vocabSize, dInput, nClasses, nTargets } = config;
  if (vocabSize > 0 === dInput > 0) {
    throw new UsageError(
      'config',
      `vocabSize is ${vocabSize} and dInput ${dInput}, expected one of them above 0: the kinds of tokens, or the real numbers of a step.`,
    );
  }
  if (nClasses > 0 === nTargets > 0) {
    throw new UsageError(
      'config',
      `nClasses is ${nClasses} and nTargets ${nTargets}, expected one of them above 0: classes, or values of a regression.`,
    );
  }
  if (nClasses === 1)
    throw new UsageError('config', 'nClasses is 1, expected at least 2: there is nothing to tell apart.');
  const ofFamily = Object.entries(given).filter(([key]) => !Object.hasOwn(sequenceFields, key));
  const base = families.configOf({ ...Object.fromEntries(ofFamily), model: family.name, vocabSize: vocabSize || 1 });
  const section = Object.keys(sequenceFields).map((key) => [key, config[key]]);
  return { ...base, ...Object.fromEntries(section), vocabSize };
}

/** The config that the blocks are made from: families expect some vocabulary. */
export const blockConfig = (config: AnySequenceConfig): AnyConfig => ({ ...config, vocabSize: config.vocabSize || 1 });

/** Whether a config.json describes a sequence model. */
export const isSequenceJson = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && SECTION in json;

/** A checked config from the config.json of a sequence model. Throws UsageError. */
export function readSequenceConfig(families: FamilySet, json: unknown): AnySequenceConfig {
  if (!isSequenceJson(json)) {
    throw new UsageError(
      'config.json',
      `there is no '${SECTION}', so this is a language model, expected a sequence model. ` +
        'Load it with loadModel(), or give the folder of a run with --task classify or regress.',
    );
  }
  const { [SECTION]: section, ...rest } = json;
  const { vocab_size } = rest;
  const base = families.readConfig({ ...rest, vocab_size: vocab_size === 0 ? 1 : vocab_size });
  if (typeof section !== 'object' || section === null) {
    throw new UsageError('config.json', `${SECTION} is ${JSON.stringify(section)}, expected an object.`);
  }
  const named = Object.fromEntries(
    Object.entries(section).map(([key, value]) => [key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]),
  );
  return sequenceConfigIn(families, { ...base, ...named, vocabSize: vocab_size });
}

/** A config.json of it. */
export function writeSequence(family: Family, config: AnySequenceConfig): Record<string, unknown> {
  const section = Object.entries(sequenceFields).map(([name, { official }]) => [
    official?.slice(SECTION.length + 1),
    config[name],
  ]);
  return { ...writeOfficial(family, config), [SECTION]: Object.fromEntries(section) };
}
