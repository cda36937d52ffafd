/** What the folder of a run holds besides its checkpoint: the settings (train.json) and the files of the model. */
import { fieldsOf } from '../families/family.ts';
import type { ConfigFields } from '../families/fields.ts';
import type { Model } from '../models/model.ts';
import { declaredModel } from '../models/registered.ts';
import { sequenceFields } from '../models/sequenceConfig.ts';
import { SequenceModel } from '../models/sequenceModel.ts';
import { fromData } from './options.ts';
import type { RunFolder } from './runFolder.ts';
import type { Notes } from './types.ts';

export interface RunRecord {
  /** The absolute path of the folder. */
  folder: string;
  /** train.json: the options of the run and the fields of the model that were given. */
  settings: Readonly<Record<string, unknown>>;
  /** tokenizer.json and examples.json, if the run has them. */
  files: Readonly<Record<string, unknown>>;
  notes: Notes;
}

const MODEL_FILES = ['tokenizer.json', 'examples.json'];

/** Reads the record of a run, without its notes. Throws UsageError if the folder holds no run. */
export async function readRecord(folder: RunFolder): Promise<RunRecord> {
  const settings = (await folder.readJson('train.json')) as Record<string, unknown>;
  const files: Record<string, unknown> = {};
  for (const name of MODEL_FILES) if (await folder.has(name)) files[name] = await folder.readJson(name);
  return { folder: folder.absolutePath, settings, files, notes: {} };
}

/** The settings by which `mamba-ts train --resume` continues a run that was begun in code. */
export function settingsOf(model: Model): Record<string, unknown> {
  const { config, backend } = model;
  const isSequence = model instanceof SequenceModel;
  const fields: ConfigFields = { ...fieldsOf(model.family), ...(isSequence && sequenceFields) };
  const isGiven = (name: string, value: unknown) =>
    ['dModel', 'nLayer', 'output'].includes(name) ||
    (!fromData.includes(name) && JSON.stringify(value) !== JSON.stringify(fields[name]?.default));
  return {
    task: !isSequence ? 'language' : model.config.nClasses > 0 ? 'classify' : 'regress',
    model: config.model,
    backend: backend.name,
    ...Object.fromEntries(
      Object.entries(config).filter(([name, value]) => Object.hasOwn(fields, name) && isGiven(name, value)),
    ),
  };
}

/** The first key in which a model's config differs from another, with both values as JSON. */
export function configDifference(
  { config }: Model,
  { config: expected }: Model,
): { key: string; found: string; expected: string } | undefined {
  const json = (value: unknown) => JSON.stringify(value) ?? 'missing';
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(config)])];
  const key = keys.find((name) => json(config[name]) !== json(expected[name]));
  return key === undefined ? undefined : { key, found: json(config[key]), expected: json(expected[key]) };
}

/** The model that config.json of the folder describes, without values. */
export const declaredIn = async (folder: RunFolder): Promise<Model> =>
  declaredModel(await folder.readJson('config.json'));
