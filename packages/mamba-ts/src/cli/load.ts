/** What several commands load: a model and its tokenizer, or a forecaster. */
import { join } from 'node:path';
import type { BackendName } from '@mamba-ts/core/backend';
import { readJsonFile } from '@mamba-ts/core/formats';
import {
  isSequenceJson,
  type LanguageModel,
  loadModel,
  loadSequenceModel,
  type SequenceModel,
} from '@mamba-ts/core/models';
import { openBackend } from '@mamba-ts/core/tensor';
import { loadTokenizer, type Tokenizer } from '@mamba-ts/core/tokenize';
import type { Forecaster } from '@mamba-ts/forecast/forecaster';
import { loadForecaster } from '@mamba-ts/forecast/load';
import type { Command } from 'commander';

/** The flags of LoadFlags, for every command that runs a language model. */
export function addLoadOptions(command: Command): Command {
  return addBackendOptions(command.option('--tokenizer <file>', 'a tokenizer.json. Default: the one of the model.'));
}

/** The flags --backend and --threads, for every command that runs a model. */
export function addBackendOptions(command: Command): Command {
  return command
    .option('--backend <name>', 'auto, native or wasm. Default: auto.')
    .option('--threads <n>', 'threads. Default: every core.', Number);
}

/** The flags that say what to load, and where it runs. */
export interface LoadFlags {
  model: string;
  tokenizer?: string;
  backend?: string;
  threads?: number;
}

/** The language model of a folder. */
export async function loadModelFor({ model: path, backend, threads }: LoadFlags): Promise<LanguageModel> {
  return loadModel(path, { backend: await openBackend(backend as BackendName | undefined, { threads }) });
}

/** The model that classifies or regresses of a folder. */
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
