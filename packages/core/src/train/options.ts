/**
 * The options of a training run: one table gives the defaults, the checks, the help and the flags.
 *
 * Defaults < preset < config file < flags. Keys that are not in this table belong to the model.
 */

import { closest } from 'fastest-levenshtein';
import { UsageError } from '../errors.ts';
import { configOf, familyOf, modelNames } from '../families/registry.ts';
import { type Field, field, fieldsOf, type ModelConfig, nearestName } from '../layers/config.ts';
import { sequenceConfigOf, sequenceFields } from '../models/sequenceConfig.ts';
import { presets } from './presets.ts';

export interface TrainOptions {
  task: 'language' | 'classify' | 'regress';
  data: string;
  out: string;
  model: string;
  tokenizer: string;
  backend: 'auto' | 'native' | 'wasm';
  threads?: number;
  seed: number;
  batchSize: number;
  blockSize: number;
  gradientAccumulation: number;
  maxIters: number;
  /** Ends training when this many seconds were spent; the schedule follows the clock. 0: no limit. */
  maxSeconds: number;
  learningRate: number;
  minLearningRate: number;
  schedule: 'cosine' | 'wsd' | 'constant';
  warmupIters: number;
  /** wsd: the last part of training, in which the rate falls. */
  decayFraction: number;
  weightDecay: number;
  beta1: number;
  beta2: number;
  adamEps: number;
  gradClip: number;
  /** Rows read on where they stopped, with their state (truncated back-propagation). */
  carryState: boolean;
  /** Bases: half of the rows are read on the other strand. */
  reverseComplement: boolean;
  validationFraction: number;
  evalEvery: number;
  evalBatches: number;
  logEvery: number;
  saveEvery: number;
  /** JSONL: the key that holds the text. */
  textField: string;
  /** Hz to which sound is converted; 0: as the files have it. */
  sampleRate: number;
  /** Examples: what says the class of one. See examplesIn(). */
  label: string;
  /** Examples: what validation keeps together. */
  group: string;
  /** Examples: the column whose values tell the sequences of a table apart. */
  sequence: string;
  /** Tables and series: the columns to read, separated by commas. */
  columns: string;
  /** Regression: the columns to give, separated by commas. */
  targets: string;
  /** Series: rows ahead. */
  horizon: number;
  /** Examples: the most steps of one. */
  cutTo: number;
}

/** What a run's folder and data need, and a trainer does not. */
export const ofRuns = [
  ...(['task', 'data', 'out', 'model', 'tokenizer', 'backend', 'threads', 'textField'] as const),
  ...(['sampleRate', 'label', 'group', 'sequence', 'columns', 'targets', 'horizon', 'cutTo'] as const),
];

export interface OptionField extends Field {
  help: string;
  /** May differ when a run is resumed: it does not change what is computed. */
  free?: boolean;
}

const text = (value: string | undefined): Field => ({
  default: value,
  accepts: (given) => typeof given === 'string' && given.length > 0,
  expected: 'a text',
});
const maybe: Field = { default: '', accepts: (given) => typeof given === 'string', expected: 'a text' };
const atLeast = (least: number, value: number): Field => ({
  default: value,
  accepts: (given) => typeof given === 'number' && Number.isFinite(given) && given >= least,
  expected: `a number ≥ ${least}`,
});
const whole = (least: number, value?: number): Field => ({
  default: value,
  accepts: (given) =>
    (value === undefined && given === undefined) || (Number.isSafeInteger(given) && (given as number) >= least),
  expected: `a whole number ≥ ${least}`,
});
const fraction = (value: number): Field => ({
  default: value,
  accepts: (given) => typeof given === 'number' && given >= 0 && given < 1,
  expected: 'a number from 0 to below 1',
});
const help = (one: Field, line: string, free = false): OptionField => ({ ...one, help: line, free });

export const trainFields: Readonly<Record<keyof TrainOptions, OptionField>> = {
  task: help(field.choice(['language', 'classify', 'regress']), 'what is learnt'),
  data: help(
    text(undefined),
    'a text file, folder, .jsonl, .fasta or .bin, .wav or .csv; - is standard input, for text',
    true,
  ),
  out: help(text(undefined), 'the folder of the run', true),
  model: help(field.choice(modelNames), 'the model family'),
  tokenizer: help(text('byte'), "'byte', 'char', 'dna', 'muLaw' (sound) or the path of a tokenizer.json"),
  backend: help(field.choice(['auto', 'native', 'wasm']), 'where kernels run', true),
  threads: help(whole(1), 'threads (default: every core)', true),
  seed: help(whole(0, 1337), 'what randomness starts from'),
  batchSize: help(whole(1, 8), 'rows of a batch'),
  blockSize: help(whole(1, 256), 'tokens of a row'),
  gradientAccumulation: help(whole(1, 1), 'batches summed for one update'),
  maxIters: help(whole(1, 1000), 'updates in all'),
  maxSeconds: help(atLeast(0, 0), 'end after this time; the schedule follows the clock (0: no limit)'),
  learningRate: help(field.positive(1e-3), 'the highest learning rate'),
  minLearningRate: help(atLeast(0, 1e-4), 'the learning rate at the end'),
  schedule: help(field.choice(['cosine', 'wsd', 'constant']), 'how the rate falls'),
  warmupIters: help(whole(0, 20), 'updates in which the rate rises'),
  decayFraction: help(fraction(0.2), 'wsd: the last part, in which the rate falls'),
  weightDecay: help(atLeast(0, 0.1), 'AdamW weight decay'),
  beta1: help(fraction(0.9), 'AdamW beta 1'),
  beta2: help(fraction(0.95), 'AdamW beta 2'),
  adamEps: help(field.positive(1e-8), 'AdamW epsilon'),
  gradClip: help(atLeast(0, 1), 'largest gradient norm (0: no clipping)'),
  carryState: help(field.flag(false), 'rows read on with their state (truncated back-propagation)'),
  reverseComplement: help(field.flag(false), 'dna: half of the rows are read on the other strand'),
  validationFraction: help(fraction(0.1), 'the last part of the data, kept for validation'),
  evalEvery: help(whole(1, 100), 'updates between evaluations', true),
  evalBatches: help(whole(1, 20), 'validation batches an evaluation reads'),
  logEvery: help(whole(1, 10), 'updates between log lines', true),
  saveEvery: help(whole(1, 100), 'updates between checkpoints', true),
  textField: help(text('text'), 'JSONL: the key that holds the text'),
  sampleRate: help(whole(0, 0), 'sound: convert to this many Hz (0: as the files have it)'),
  label: help(maybe, 'classify: a column, a JSONL key, or a pattern of names such as (?<label>\\d)_(?<group>[a-z]+)'),
  group: help(maybe, 'examples: the column that validation keeps together'),
  sequence: help(maybe, 'tables: the column that tells sequences apart (default: each row is one)'),
  columns: help(maybe, 'tables and series: the columns to read, separated by commas (default: all that are left)'),
  targets: help(maybe, 'regress: the columns to give, separated by commas (default: all)'),
  horizon: help(whole(1, 1), 'regress: the rows of a series to look ahead'),
  cutTo: help(whole(0, 0), 'examples: cut to this many steps (0: whole)'),
};

/** What the data decides of a model. */
export const fromData = ['vocabSize', 'dInput', 'nClasses', 'nTargets'];

/** What a run is made of, complete and checked. */
export interface RunConfig {
  options: TrainOptions;
  /** The model's own keys; the vocabulary comes from the data. */
  modelKeys: Record<string, unknown>;
}

/** Later layers over earlier ones; what is undefined was not given. */
export function mergeLayers(layers: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown> {
  const given = layers.flatMap((layer) => Object.entries(layer)).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** Merges the layers, later ones over earlier ones, and checks the result. */
export function runConfig(layers: readonly Readonly<Record<string, unknown>>[], preset?: string): RunConfig {
  const merged = mergeLayers([presetOf(preset), ...layers]);
  const family = familyOf(String(merged.model ?? trainFields.model.default));
  const isLanguage = (merged.task ?? trainFields.task.default) === 'language';
  const ofModel = isLanguage ? {} : sequenceFields;
  const modelFields: Readonly<Record<string, Field>> = { ...fieldsOf(family), ...ofModel };
  const names = [...Object.keys(trainFields), ...Object.keys(modelFields)];
  const options: Record<string, unknown> = {};
  const modelKeys: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(merged)) {
    if (Object.hasOwn(trainFields, key)) options[key] = value;
    else if (Object.hasOwn(modelFields, key) && !fromData.includes(key)) modelKeys[key] = value;
    else throw unknownOption(key, names, family.name);
  }
  const complete = completeOptions(options, Object.keys(trainFields) as (keyof TrainOptions)[]);
  modelKeys.dModel ??= 128;
  modelKeys.nLayer ??= 4;
  // Checked here, before any data is read; the real vocabulary size follows.
  if (isLanguage) configOf({ ...modelKeys, model: family.name, vocabSize: 1 });
  else sequenceConfigOf({ ...modelKeys, model: family.name, vocabSize: 1, nTargets: 1 });
  return { options: complete, modelKeys };
}

/** Says which task or model has the option, if one has it. */
function unknownOption(key: string, names: readonly string[], model: string): Error {
  if (Object.hasOwn(sequenceFields, key)) {
    return new UsageError('train', `${key} is for --task classify or regress. Leave it out, or choose the task.`);
  }
  const others = modelNames.filter((name) => Object.hasOwn(fieldsOf(familyOf(name)), key));
  if (others.length > 0 && !fromData.includes(key)) {
    return new UsageError('train', `the model '${model}' has no ${key}. It belongs to ${others.join(', ')}.`);
  }
  return new UsageError('train', `unknown option '${key}'. Did you mean '${nearestName(key, names)}'?`);
}

/** Fills in the defaults of the named options and checks each. */
export function completeOptions<K extends keyof TrainOptions>(
  given: Readonly<Record<string, unknown>>,
  names: readonly K[],
): Pick<TrainOptions, K> {
  const options: Record<string, unknown> = {};
  for (const name of names) {
    const one = trainFields[name];
    const value = given[name] ?? one.default;
    if (!one.accepts(value)) {
      const got = typeof value === 'number' ? value : (JSON.stringify(value) ?? 'missing');
      throw new UsageError('train', `${name} is ${got}, expected ${one.expected} (${one.help}).`);
    }
    options[name] = value;
  }
  return options as Pick<TrainOptions, K>;
}

function presetOf(name: string | undefined): Record<string, unknown> {
  if (name === undefined) return {};
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset) {
    const known = Object.keys(presets);
    throw new UsageError(
      'train',
      `unknown preset '${name}', expected ${known.map((one) => `'${one}'`).join(', ')}. Did you mean '${closest(name, known)}'?`,
    );
  }
  return preset;
}

/** The config a model is made from, once the vocabulary is known. */
export function modelConfigOf({ options, modelKeys }: RunConfig, vocabSize: number): ModelConfig {
  return configOf({ ...modelKeys, model: options.model, vocabSize });
}
