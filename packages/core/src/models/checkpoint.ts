/**
 * Models in folders: config.json beside model.safetensors, pytorch_model.bin or model.pth, the official layouts,
 * which is also what this project writes.
 */

import { closest } from 'fastest-levenshtein';
import type { BackendName } from '../backend/open.ts';
import { UsageError } from '../errors.ts';
import { configOf, familyOf, readConfig } from '../families/registry.ts';
import { openTensorFile, type TensorFile } from '../formats/index.ts';
import { type ModelConfig, writeOfficial } from '../layers/config.ts';
import { nodeModule } from '../node.ts';
import { Backend, openBackend } from '../tensor/backend.ts';
import type { Parameter } from '../tensor/parameters.ts';
import { sameShape, show } from '../tensor/tensor.ts';
import { LanguageModel } from './languageModel.ts';
import type { Model } from './model.ts';
import {
  isSequenceConfig,
  isSequenceJson,
  readSequenceConfig,
  sequenceConfigOf,
  writeSequence,
} from './sequenceConfig.ts';
import { SequenceModel } from './sequenceModel.ts';

export interface LoadOptions {
  backend?: BackendName | Backend;
  /** How weights are held. This version holds f32, whatever the file has. */
  dtype?: 'f32' | 'bf16' | 'q8' | 'q4';
}

const WEIGHTS = ['model.safetensors', 'pytorch_model.bin', 'model.pth'];

export interface CreateOptions {
  backend?: BackendName | Backend;
  seed?: number;
}

/** A new language model with its first values. */
export async function createModel(
  config: Readonly<Record<string, unknown>>,
  options: CreateOptions = {},
): Promise<LanguageModel> {
  return begin(new LanguageModel(configOf(config)), options);
}

/** A new sequence model with its first values: { dInput or vocabSize, nClasses or nTargets, dModel, nLayer, … }. */
export async function createSequenceModel(
  config: Readonly<Record<string, unknown>>,
  options: CreateOptions = {},
): Promise<SequenceModel> {
  return begin(new SequenceModel(sequenceConfigOf(config)), options);
}

async function begin<M extends Model>(model: M, { backend, seed = 0 }: CreateOptions): Promise<M> {
  return model.place(await backendOf(backend), (parameter) => parameter.initial(seed));
}

/** A folder in the official layout (config.json + model.safetensors, pytorch_model.bin or model.pth), or one this project wrote. */
export async function loadModel(from: string, options: LoadOptions = {}): Promise<LanguageModel> {
  return load(from, options, (config) => new LanguageModel(readConfig(config)));
}

/** A folder that a run with --task classify or regress wrote. */
export async function loadSequenceModel(from: string, options: LoadOptions = {}): Promise<SequenceModel> {
  return load(from, options, (config) => new SequenceModel(readSequenceConfig(config)));
}

/** The model that a config.json describes, of either kind, without values. */
export function declaredModel(config: unknown): LanguageModel | SequenceModel {
  return isSequenceJson(config) ? new SequenceModel(readSequenceConfig(config)) : new LanguageModel(readConfig(config));
}

async function load<M extends Model>(from: string, options: LoadOptions, declare: (config: unknown) => M): Promise<M> {
  const path = locate(from);
  if (options.dtype !== undefined && options.dtype !== 'f32') {
    throw new UsageError(
      'loadModel',
      `dtype is '${options.dtype}', expected 'f32': this version has no '${options.dtype}' kernels yet.`,
    );
  }
  const model = declare(await readJson(path, 'config.json'));
  const file = await openWeights(path);
  try {
    const names = matchNames(model, file, path);
    const backend = await backendOf(options.backend);
    return await model.place(backend, async ({ name }) => (await file.read(names.get(name) as string)).data);
  } finally {
    await file.close();
  }
}

async function backendOf(given: BackendName | Backend | undefined): Promise<Backend> {
  return given instanceof Backend ? given : openBackend(given);
}

/** The file's name of each parameter. Missing, extra and misshapen tensors are refused by name. */
function matchNames(model: Model, file: TensorFile, path: string): Map<string, string> {
  const parameters = new Map(model.tree.list().map((parameter) => [parameter.name, parameter]));
  const names = new Map<string, string>();
  const family = familyOf(model.config.model);
  for (const [found, { shape }] of file.tensors) {
    const name = family.officialName?.(found) ?? found;
    const parameter = parameters.get(name);
    if (!parameter) {
      if (name === model.repeated) continue;
      throw new UsageError(
        path,
        `the tensor ${found} ${show(shape)} is not one of a ${describe(model.config)}. The nearest name is ${closest(name, [...parameters.keys()])}.`,
      );
    }
    if (!sameShape(shape, parameter.shape)) {
      throw new UsageError(
        path,
        `${found} is ${show(shape)}, expected ${show(parameter.shape)} for a ${describe(model.config)}. Check config.json.`,
      );
    }
    if (names.has(name)) {
      throw new UsageError(
        path,
        `${names.get(name)} and ${found} are both ${name}, expected one of them. Get the file again.`,
      );
    }
    names.set(name, found);
  }
  const missing = model.tree.list().filter(({ name }: Parameter) => !names.has(name));
  if (missing.length > 0) {
    throw new UsageError(
      path,
      `${missing.length} tensors are missing, the first is ${missing[0].name} ${show(missing[0].shape)}. Check config.json, or get the file again.`,
    );
  }
  return names;
}

const describe = ({ model, dModel, nLayer }: ModelConfig) => `${model} with dModel ${dModel} and ${nLayer} layers`;

const isUrl = (path: string) => /^https?:\/\//.test(path);

/** In a page a path is an address, relative to the page's. */
const locate = (path: string) => (globalThis.location && !isUrl(path) ? new URL(path, location.href).href : path);

const join = (folder: string, name: string) =>
  isUrl(folder) ? `${folder.replace(/\/$/, '')}/${name}` : nodeModule('path').join(folder, name);

async function readJson(folder: string, name: string): Promise<unknown> {
  const path = join(folder, name);
  let text: string;
  if (isUrl(path)) {
    const response = await fetch(path);
    if (!response.ok)
      throw new UsageError(
        'loadModel',
        `${path} answered ${response.status}. Serve ${WEIGHTS[0]} and config.json there.`,
      );
    text = await response.text();
  } else {
    try {
      text = await nodeModule('fs/promises').readFile(path, 'utf8');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      throw new UsageError(
        'loadModel',
        `${path} cannot be read (${code}), expected a folder with config.json and ${WEIGHTS.join(' or ')}.`,
      );
    }
  }
  try {
    // Python writes Infinity, which JSON has not: Hugging Face's time_step_limit is [0.0, Infinity].
    return JSON.parse(text.replace(/(?<=[[,:]\s*)Infinity(?=\s*[\],}])/g, '1e999'));
  } catch (error) {
    throw new UsageError('loadModel', `${path} is not JSON (${(error as Error).message}). Get the file again.`);
  }
}

async function openWeights(folder: string): Promise<TensorFile> {
  if (isUrl(folder)) return openTensorFile(join(folder, WEIGHTS[0]));
  const fs = nodeModule('fs/promises');
  for (const name of WEIGHTS) {
    const path = join(folder, name);
    if (
      await fs.access(path).then(
        () => true,
        () => false,
      )
    )
      return openTensorFile(path);
  }
  throw new UsageError(
    'loadModel',
    `${folder} holds neither ${WEIGHTS.join(' nor ')}. Give the folder of a checkpoint.`,
  );
}

/** config.json of a model, in the official spelling. */
export function configJson(config: ModelConfig): string {
  const json = isSequenceConfig(config) ? writeSequence(config) : writeOfficial(familyOf(config.model), config);
  return `${JSON.stringify(json, null, 2)}\n`;
}
