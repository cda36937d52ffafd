/** What several verbs load: a model and its tokenizer, or a forecaster. */
import { join } from 'node:path';
import type { Command } from 'commander';
import type { BackendName } from '../backend/open.ts';
import type { Forecaster } from '../forecast/forecaster.ts';
import { loadForecaster } from '../forecast/load.ts';
import { readJsonFile } from '../formats/jsonFile.ts';
import { loadModel, loadSequenceModel } from '../models/checkpoint.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import { isSequenceJson } from '../models/sequenceConfig.ts';
import type { SequenceModel } from '../models/sequenceModel.ts';
import { openBackend } from '../tensor/backend.ts';
import { loadTokenizer, type Tokenizer } from '../tokenize/index.ts';

/** The options of LoadFlags, for every verb that runs a model of text. */
export function addLoadOptions(command: Command): Command {
  return addBackendOptions(command.option('--tokenizer <file>', 'a tokenizer.json (default: the one of the model)'));
}

/** Where a model runs: for every verb that runs one. */
export function addBackendOptions(command: Command): Command {
  return command
    .option('--backend <name>', 'auto, native or wasm')
    .option('--threads <n>', 'threads (default: every core)', Number);
}

export interface LoadFlags {
  model: string;
  tokenizer?: string;
  backend?: string;
  threads?: number;
}

export async function loadModelFor({ model: path, backend, threads }: LoadFlags): Promise<LanguageModel> {
  return loadModel(path, { backend: await openBackend(backend as BackendName | undefined, { threads }) });
}

export async function loadSequenceModelFor({ model: path, backend, threads }: LoadFlags): Promise<SequenceModel> {
  return loadSequenceModel(path, { backend: await openBackend(backend as BackendName | undefined, { threads }) });
}

/** The forecaster of a folder, or the one of the package. */
export async function openForecaster({ model, backend, threads }: Partial<LoadFlags>): Promise<Forecaster> {
  return loadForecaster(model, { backend: await openBackend(backend as BackendName | undefined, { threads }) });
}

/** Whether the folder has a model that classifies or regresses. */
export async function isSequenceFolder(folder: string): Promise<boolean> {
  return isSequenceJson(await readJsonFile(join(folder, 'config.json'), 'Give the folder of a checkpoint.'));
}

/** The tokenizer.json of the model's folder, or the one named. */
export async function loadTokenizerFor({ model, tokenizer }: LoadFlags): Promise<Tokenizer> {
  const path = tokenizer ?? join(model, 'tokenizer.json');
  return loadTokenizer(await readJsonFile(path, 'Give the tokenizer of the model by --tokenizer FILE.'));
}
