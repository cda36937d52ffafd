/** What several commands load: a model and its tokenizer, or a forecaster. */
import { join } from 'node:path';
import { type BackendName, nativeKernels } from '@mamba-ts/core/backend';
import { readJsonFile } from '@mamba-ts/core/formats';
import {
  isSequenceJson,
  type LanguageModel,
  loadModel,
  loadSequenceModel,
  type SequenceModel,
} from '@mamba-ts/core/models';
import { type Backend, openBackend } from '@mamba-ts/core/tensor';
import { loadTokenizer, type Tokenizer } from '@mamba-ts/core/tokenize';
import type { Forecaster } from '@mamba-ts/forecast/forecaster';
import { loadForecaster } from '@mamba-ts/forecast/load';
import type { Command } from 'commander';
import { say } from './terminal.ts';

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

/** The backend of the flags; a line says where a faster one is to come. */
export async function openFor(name: string | undefined, threads: number | undefined): Promise<Backend> {
  const backend = await openBackend(name as BackendName | undefined, { threads });
  if (backend.device.notice) say(backend.device.notice);
  return backend;
}

/** Says that training waits for the compiler, where it will. */
export async function announceCompilation(backend: string | undefined): Promise<void> {
  if (backend === 'wasm' || (await nativeKernels()) !== 'possible') return;
  say('Compiling the native kernels for this machine, once: about a minute …');
}

/** The language model of a folder. */
export async function loadModelFor({ model: path, backend, threads }: LoadFlags): Promise<LanguageModel> {
  return loadModel(path, { backend: await openFor(backend, threads) });
}

/** The model that classifies or regresses of a folder. */
export async function loadSequenceModelFor({ model: path, backend, threads }: LoadFlags): Promise<SequenceModel> {
  return loadSequenceModel(path, { backend: await openFor(backend, threads) });
}

/** The forecaster of a folder, or the one of the package. */
export async function openForecaster({ model, backend, threads }: Partial<LoadFlags>): Promise<Forecaster> {
  return loadForecaster(model, { backend: await openFor(backend, threads) });
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
