/**
 * The config of a sequence model: that of a family, and what goes in and comes out.
 *
 * config.json is the family's official one with one section more, `sequence_model`.
 */
import { UsageError } from '../errors.ts';
import { configOf, familyOf, readConfig } from '../families/registry.ts';
import { joins } from '../layers/bidirectional.ts';
import { completeConfig, type Family, type Field, field, type ModelConfig, writeOfficial } from '../layers/config.ts';
import { poolings } from '../ops/pool.ts';

export interface SequenceConfig extends ModelConfig {
  /** Real numbers of a step; 0: steps are tokens, of vocabSize kinds. */
  dInput: number;
  /** A classification: the classes; 0: a regression. */
  nClasses: number;
  /** A regression: the values to give; 0: a classification. */
  nTargets: number;
  /** One output for the whole sequence, or one for each step. */
  output: 'sequence' | 'step';
  /** How the steps become one: their mean, the last, or the largest of each channel. For 'sequence'. */
  pooling: 'mean' | 'last' | 'max';
  /** Whether layers read in both directions, and how the two are joined. */
  bidirectional: 'none' | 'add' | 'concat' | 'gate';
}

const SECTION = 'sequence_model';

const whole = (key: string, what: string): Field =>
  field.whole(0, `a whole number ≥ 0, ${what}`, (n) => n >= 0, { official: `${SECTION}.${key}` });
const choice = (key: string, values: readonly string[]) => field.choice(values, { official: `${SECTION}.${key}` });

/** The fields of a sequence model that are not its family's. */
export const sequenceFields: Readonly<Record<string, Field>> = {
  dInput: whole('d_input', 'the real numbers of a step, 0 for tokens'),
  nClasses: whole('n_classes', 'the classes of a classification, 0 for a regression'),
  nTargets: whole('n_targets', 'the values of a regression, 0 for a classification'),
  output: choice('output', ['sequence', 'step']),
  pooling: choice('pooling', poolings),
  bidirectional: choice('bidirectional', ['none', ...joins]),
};

/** The fields of both; a model of real numbers has no vocabulary, which its family is not asked about. */
function withSection(family: Family): Family {
  const vocabSize: Field = {
    ...whole('', 'the kinds of tokens, 0 where steps are real numbers (dInput)'),
    official: 'vocab_size',
  };
  return { ...family, fields: { ...family.fields, ...sequenceFields, vocabSize }, complete: undefined };
}

/** A checked config from the names of this project. */
export function sequenceConfigOf(given: Readonly<Record<string, unknown>>): SequenceConfig {
  const { name } = familyOf(String(given.model ?? 'mamba'));
  const own = completeConfig(withSection(familyOf(name)), given) as SequenceConfig;
  const { vocabSize, dInput, nClasses, nTargets } = own;
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
  const base = configOf({ ...Object.fromEntries(ofFamily), model: name, vocabSize: vocabSize || 1 });
  const section = Object.keys(sequenceFields).map((key) => [key, own[key]]);
  return { ...base, ...Object.fromEntries(section), vocabSize };
}

/** What the family's blocks are made from: each has some vocabulary. */
export const blockConfig = (config: SequenceConfig): ModelConfig => ({ ...config, vocabSize: config.vocabSize || 1 });

export const isSequenceConfig = (config: ModelConfig): config is SequenceConfig => Object.hasOwn(config, 'nClasses');

/** Whether a config.json is that of a sequence model. */
export const isSequenceJson = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && SECTION in json;

/** A checked config from the config.json of a sequence model. */
export function readSequenceConfig(json: unknown): SequenceConfig {
  if (!isSequenceJson(json)) {
    throw new UsageError(
      'config.json',
      `there is no '${SECTION}', so this is a language model, expected a sequence model. ` +
        'Load it with loadModel(), or give the folder of a run with --task classify or regress.',
    );
  }
  const { [SECTION]: section, ...rest } = json;
  const { vocab_size } = rest;
  const base = readConfig({ ...rest, vocab_size: vocab_size === 0 ? 1 : vocab_size });
  if (typeof section !== 'object' || section === null) {
    throw new UsageError('config.json', `${SECTION} is ${JSON.stringify(section)}, expected an object.`);
  }
  const named = Object.fromEntries(
    Object.entries(section).map(([key, value]) => [key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]),
  );
  return sequenceConfigOf({ ...base, ...named, vocabSize: vocab_size });
}

/** A config.json of it. */
export function writeSequence(config: SequenceConfig): Record<string, unknown> {
  const section = Object.entries(sequenceFields).map(([name, { official }]) => [official?.split('.')[1], config[name]]);
  return { ...writeOfficial(familyOf(config.model), config), [SECTION]: Object.fromEntries(section) };
}
