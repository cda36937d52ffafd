/**
 * The options of a training run: those of the trainer, and where data, model and checkpoints are.
 * One table gives the defaults, the checks, the help and the flags.
 *
 * Later layers override earlier ones: defaults, preset, config file, flags. Keys that are not in this table belong
 * to the model.
 */
import { closest } from 'fastest-levenshtein';
import { UsageError } from '../errors.ts';
import { fieldsOf } from '../families/family.ts';
import { configOf, familyOf, modelNames } from '../families/registry.ts';
import type { ModelConfig } from '../layers/config.ts';
import { sequenceConfigOf } from '../models/registered.ts';
import { sequenceFields } from '../models/sequenceConfig.ts';
import { complete, field, nearestName, type ValuesOf } from '../schema/index.ts';
import { presets } from './presets.ts';
import { fraction, trainerFields } from './trainerOptions.ts';

const optionalText = (help: string) => field.text({ empty: true, default: '', help });

export const trainFields = {
  /** What to learn: the next token, classes, or values. Default: 'language'. */
  task: field.choice(['language', 'classify', 'regress'], {
    default: 'language',
    help: 'what to learn: language, classify or regress',
  }),
  /** The path of the data. */
  data: field.text({
    help: 'a text file, folder, .jsonl, .fasta or .bin, .wav or .csv; - is standard input, for text',
    expected: 'the path of a file or folder',
    advice: 'Give --data PATH.',
  }),
  /** The folder of the run. */
  out: field.text({
    help: 'the folder of the run',
    expected: 'the path of a folder',
    advice: 'Give --out FOLDER, e.g. --out runs/play.',
  }),
  /** The model family. Default: 'mamba'. */
  model: field.choice(modelNames, { default: modelNames[0], help: `the model family: ${modelNames.join(', ')}` }),
  /** A name, or the path of a tokenizer.json. Default: 'byte'. */
  tokenizer: field.text({
    default: 'byte',
    help: "'byte', 'char', 'dna', 'muLaw' (sound) or the path of a tokenizer.json",
  }),
  /** Where kernels run. Default: 'auto'. */
  backend: field.choice(['auto', 'native', 'wasm'], {
    default: 'auto',
    help: 'where kernels run: auto, native or wasm',
  }),
  /** Threads. Default: every core. */
  threads: field.optional(field.whole({ min: 1, help: 'threads. Default: every core.' })),
  ...trainerFields,
  /** The last part of the data, held out for validation. Default: 0.1. */
  validationFraction: fraction(0.1, 'the last part of the data, held out for validation'),
  /** Updates between evaluations. Default: 100. */
  evalEvery: field.whole({ min: 1, default: 100, help: 'updates between evaluations' }),
  /** Validation batches that an evaluation reads. Default: 20. */
  evalBatches: field.whole({ min: 1, default: 20, help: 'validation batches that an evaluation reads' }),
  /** Updates between lines of the log. Default: 10. */
  logEvery: field.whole({ min: 1, default: 10, help: 'updates between log lines' }),
  /** Updates between checkpoints. Default: 100. */
  saveEvery: field.whole({ min: 1, default: 100, help: 'updates between checkpoints' }),
  /** JSONL: the key that holds the text. Default: 'text'. */
  textField: field.text({ default: 'text', help: 'JSONL: the key that holds the text' }),
  /** Sound: Hz to which files are converted; 0: the rate of each file. Default: 0. */
  sampleRate: field.whole({ min: 0, default: 0, help: 'sound: convert to this rate in Hz (0: the rate of each file)' }),
  /** Classification: the column, key or name pattern that holds the class. See openExamples(). */
  label: optionalText('classify: a column, a JSONL key, or a pattern of names such as (?<label>\\d)_(?<group>[a-z]+)'),
  /** Examples: the column whose rows validation keeps together. */
  group: optionalText('examples: the column whose rows validation keeps together'),
  /** Tables: the column that separates sequences. Default: each row is one. */
  sequence: optionalText('tables: the column that separates sequences. Default: each row is one.'),
  /** Tables and series: the columns to read, separated by commas. Default: all others. */
  columns: optionalText('tables and series: the columns to read, separated by commas. Default: all others.'),
  /** Regression: the columns to predict, separated by commas. Default: all. */
  targets: optionalText('regress: the columns to predict, separated by commas. Default: all.'),
  /** Series: rows ahead. Default: 1. */
  horizon: field.whole({ min: 1, default: 1, help: 'regress: the rows of a series to look ahead' }),
  /** Examples: cut to this many steps; 0: no limit. Default: 0. */
  cutTo: field.whole({ min: 0, default: 0, help: 'examples: cut to this many steps (0: no limit)' }),
};

/** The options of a training run, complete. */
export interface TrainOptions extends ValuesOf<typeof trainFields> {}

/** Options that may differ when a run is resumed: they do not change what is computed. */
export const freeOnResume: readonly string[] = [
  'data',
  'out',
  'backend',
  'threads',
  'evalEvery',
  'logEvery',
  'saveEvery',
];

/** Model fields whose values follow from the data. */
export const fromData: readonly string[] = ['vocabSize', 'dInput', 'nClasses', 'nTargets'];

/** The complete and checked settings of a run. */
export interface RunConfig {
  options: TrainOptions;
  /** The fields of the model that were given. The vocabulary size follows from the data. */
  modelKeys: Record<string, unknown>;
}

/** Merges the layers, later ones over earlier ones; undefined counts as not given. */
export function mergeLayers(layers: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown> {
  const given = layers.flatMap((layer) => Object.entries(layer)).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/**
 * Merges the layers, later ones over earlier ones and all over the preset, and completes them with defaults.
 * Throws UsageError for unknown names and for values that their fields do not accept.
 */
export function runConfig(layers: readonly Readonly<Record<string, unknown>>[], preset?: string): RunConfig {
  const merged = mergeLayers([presetOf(preset), ...layers]);
  const family = familyOf(String(merged.model ?? trainFields.model.default));
  const isLanguage = (merged.task ?? trainFields.task.default) === 'language';
  const modelFields = { ...fieldsOf(family), ...(isLanguage ? {} : sequenceFields) };
  const names = [...Object.keys(trainFields), ...Object.keys(modelFields)];
  const given: Record<string, unknown> = {};
  const modelKeys: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(merged)) {
    if (Object.hasOwn(trainFields, key)) given[key] = value;
    else if (Object.hasOwn(modelFields, key) && !fromData.includes(key)) modelKeys[key] = value;
    else throw unknownOption(key, names, family.name);
  }
  const options: TrainOptions = complete('train', trainFields, given);
  modelKeys.dModel ??= 128;
  modelKeys.nLayer ??= 4;
  // Checked before any data is read. The real vocabulary size follows from the data.
  if (isLanguage) configOf({ ...modelKeys, model: family.name, vocabSize: 1 });
  else sequenceConfigOf({ ...modelKeys, model: family.name, vocabSize: 1, nTargets: 1 });
  return { options, modelKeys };
}

/** An error that names the task or the model that the option belongs to, if there is one. */
function unknownOption(key: string, names: readonly string[], model: string): UsageError {
  if (Object.hasOwn(sequenceFields, key)) {
    return new UsageError('train', `${key} is for --task classify or regress. Leave it out, or choose the task.`);
  }
  const others = modelNames.filter((name) => Object.hasOwn(fieldsOf(familyOf(name)), key));
  if (others.length > 0 && !fromData.includes(key)) {
    return new UsageError('train', `the model '${model}' has no ${key}. It belongs to ${others.join(', ')}.`);
  }
  return new UsageError('train', `unknown option '${key}'. Did you mean '${nearestName(key, names)}'?`);
}

function presetOf(name: string | undefined): Record<string, unknown> {
  if (name === undefined) return {};
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset) return preset;
  const known = Object.keys(presets);
  throw new UsageError(
    'train',
    `unknown preset '${name}', expected ${known.map((preset) => `'${preset}'`).join(', ')}. Did you mean '${closest(name, known)}'?`,
  );
}

/** The model config of a run, once the vocabulary size is known. */
export function modelConfigOf({ options, modelKeys }: RunConfig, vocabSize: number): ModelConfig {
  return configOf({ ...modelKeys, model: options.model, vocabSize });
}
