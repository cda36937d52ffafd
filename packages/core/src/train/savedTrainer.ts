/** A trainer in a folder: what Trainer.save() writes and Trainer.resume() reads. Node only. */
import type { BackendName } from '../backend/open.ts';
import { UsageError } from '../errors.ts';
import { LanguageModel } from '../models/languageModel.ts';
import type { Model } from '../models/model.ts';
import { loadModel, loadSequenceModel } from '../models/registered.ts';
import { completeField, type Field, requireNames } from '../schema/index.ts';
import type { Backend } from '../tensor/backend.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { type TrainOptions, trainFields } from './options.ts';
import { RunFolder } from './runFolder.ts';
import { configDifference, declaredIn, type RunRecord, readRecord, settingsOf } from './runRecord.ts';
import { type TrainerOptions, trainerFields } from './trainerOptions.ts';
import type { Resumable } from './types.ts';

/** Options of a run that follow from the trainer or its model, or that save() takes in another form. */
const KNOWN = ['task', 'model', 'out', 'backend', 'tokenizer'] as const;

/** What `mamba-ts train --resume` needs to know of a run that was begun in code. All of it can be left out. */
export interface SaveOptions extends Partial<Omit<TrainOptions, keyof TrainerOptions | (typeof KNOWN)[number]>> {
  /** The tokenizer of the data: written as tokenizer.json, which `mamba-ts generate` reads too. */
  tokenizer?: Tokenizer;
}

const saveFields: Readonly<Record<string, Field>> = Object.fromEntries(
  Object.entries(trainFields).filter(
    ([name]) => !Object.hasOwn(trainerFields, name) && !(KNOWN as readonly string[]).includes(name),
  ),
);

/** Trainer options given here replace those of the run, e.g. a larger maxIters. */
export interface ResumeOptions<M extends Model> extends Partial<TrainerOptions> {
  /** A model with the config of the run, which takes its weights. Default: a new one. */
  model?: M;
  /** Where a new model runs. Default: 'auto'. */
  backend?: BackendName | Backend;
}

/** What Trainer.save() does. `record`: that of the folder in which the trainer was saved or resumed before. */
export async function saveTrainer(
  trainer: Resumable & { readonly options: Readonly<TrainerOptions> },
  path: string,
  { tokenizer, ...run }: SaveOptions,
  record?: RunRecord,
): Promise<RunRecord> {
  const where = 'Trainer.save';
  requireNames(where, run, Object.keys(saveFields));
  for (const [name, value] of Object.entries(run)) completeField(where, name, saveFields[name], value);
  const folder = await RunFolder.open(path, { where, alternative: 'another folder' });
  try {
    if (record?.folder !== folder.absolutePath && (await folder.holdsRun())) {
      throw new UsageError(
        where,
        `${path} holds another run or model. Choose another folder, or continue that run with Trainer.resume().`,
      );
    }
    const { model, options } = trainer;
    const settings = { ...(record?.settings ?? settingsOf(model)), ...options, ...run };
    const files = { ...record?.files, ...(tokenizer && { 'tokenizer.json': tokenizer.toJSON() }) };
    const notes = record?.notes ?? {};
    await folder.writeJson('train.json', settings);
    await folder.begin(model, files);
    await folder.save(trainer, notes);
    return { folder: folder.absolutePath, settings, files, notes };
  } finally {
    await folder.close();
  }
}

/** Opens the folder of a run for Trainer.resume(), with its record and its model: `given`, or a new one. */
export async function openRun(
  path: string,
  given: Model | undefined,
  backend: BackendName | Backend | undefined,
): Promise<{ folder: RunFolder; record: RunRecord; model: Model }> {
  const where = 'Trainer.resume';
  const folder = RunFolder.reading(path, where);
  const record = await readRecord(folder);
  const declared = await declaredIn(folder);
  const load = declared instanceof LanguageModel ? loadModel : loadSequenceModel;
  const other = given && configDifference(given, declared);
  if (other) {
    throw new UsageError(
      where,
      `${other.key} of the model is ${other.found}, expected ${other.expected}, as in ${folder.file('config.json')}. ` +
        'Use a model with the config of the run.',
    );
  }
  return { folder, record, model: given ?? (await load(path, { backend })) };
}
