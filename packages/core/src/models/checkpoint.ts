/**
 * Checkpoints: a folder with config.json and model.safetensors, pytorch_model.bin or model.pth, as the official code,
 * Hugging Face and this project write them, or the same two files as values.
 */
import { closest } from 'fastest-levenshtein';
import type { BackendName } from '../backend/open.ts';
import { UsageError } from '../errors.ts';
import { bytesSource, openTensorFile, type TensorFile } from '../formats/index.ts';
import type { ModelConfig } from '../layers/config.ts';
import { nodeModule } from '../node.ts';
import { isPlainObject } from '../schema/index.ts';
import { type Backend, isBackend, openBackend } from '../tensor/backend.ts';
import { sameShape, show } from '../tensor/tensor.ts';
import type { Model } from './model.ts';

/** How a new model is made. */
export interface CreateOptions {
  /** Where the model runs: a name or an open backend. Default: 'auto', the fastest that works here. */
  backend?: BackendName | Backend;
  /** The seed of the first values. Default: 0. */
  seed?: number;
}

/** How a model is loaded. */
export interface LoadOptions {
  /** Where the model runs: a name or an open backend. Default: 'auto', the fastest that works here. */
  backend?: BackendName | Backend;
  /** How weights are held. This version holds f32, whatever the file has. Default: 'f32'. */
  dtype?: 'f32' | 'bf16' | 'f16' | 'q8_0' | 'q4_0' | 'q4_K';
  /** Called with what config.json holds, before the weights are read. It throws for what the caller cannot use. */
  checkConfig?: (config: unknown) => void;
}

/** The files of a checkpoint as values, for pages: what model.toJSON() and model.toSafetensors() give. */
export interface ModelFiles {
  /** config.json, parsed or as text. */
  config: unknown;
  /** The bytes of model.safetensors or of a torch file. */
  weights: Uint8Array;
}

const WEIGHTS = ['model.safetensors', 'pytorch_model.bin', 'model.pth'];

/** Gives a model its first values. */
export async function initialize<M extends Model>(model: M, { backend, seed = 0 }: CreateOptions): Promise<M> {
  return model.place(await backendOf(backend), (parameter) => parameter.initial(seed));
}

/**
 * The model that `declare` makes of config.json, with the weights of the checkpoint.
 * Throws UsageError where files are missing or damaged, and where tensors do not belong to the model.
 */
export async function loadWith<M extends Model>(
  from: string | ModelFiles,
  { dtype = 'f32', backend, checkConfig }: LoadOptions,
  declare: (json: unknown) => M,
): Promise<M> {
  if (dtype !== 'f32') {
    throw new UsageError(
      'loadModel',
      `dtype is '${dtype}', expected 'f32': this version has no '${dtype}' kernels yet.`,
    );
  }
  const { config, weights, name } = await openCheckpoint(from);
  checkConfig?.(config);
  const model = declare(config);
  const file = await weights();
  try {
    const names = matchNames(model, file, name);
    return await model.place(
      await backendOf(backend),
      async (parameter) => (await file.read(names.get(parameter.name) as string)).data,
    );
  } finally {
    await file.close();
  }
}

async function backendOf(given: BackendName | Backend | undefined): Promise<Backend> {
  return isBackend(given) ? given : openBackend(given);
}

interface OpenCheckpoint {
  config: unknown;
  weights(): Promise<TensorFile>;
  /** For errors. */
  name: string;
}

async function openCheckpoint(from: string | ModelFiles): Promise<OpenCheckpoint> {
  if (typeof from === 'string') {
    const folder = locate(from);
    return {
      config: await readConfigFile(join(folder, 'config.json')),
      weights: () => openWeights(folder),
      name: folder,
    };
  }
  if (!isPlainObject(from) || !(from.weights instanceof Uint8Array)) {
    throw new UsageError(
      'loadModel',
      'expected the path of a folder, or { config, weights } with weights as Uint8Array.',
    );
  }
  const { config, weights } = from;
  return {
    config: typeof config === 'string' ? parseConfig('config', config) : config,
    weights: () => openTensorFile(bytesSource('weights', weights)),
    name: 'weights',
  };
}

/** The name in the file of each parameter. Throws UsageError that names a missing, unknown or misshapen tensor. */
function matchNames(model: Model, file: TensorFile, path: string): Map<string, string> {
  const parameters = new Map(model.tree.list().map((parameter) => [parameter.name, parameter]));
  const names = new Map<string, string>();
  for (const [found, { shape }] of file.tensors) {
    const name = model.family.officialName?.(found) ?? found;
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
  const missing = [...parameters.values()].filter(({ name }) => !names.has(name));
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

/** In a page a path is an address relative to that of the page. */
const locate = (path: string) => (globalThis.location && !isUrl(path) ? new URL(path, location.href).href : path);

const join = (folder: string, name: string) =>
  isUrl(folder) ? `${folder.replace(/\/$/, '')}/${name}` : nodeModule('path').join(folder, name);

async function readConfigFile(path: string): Promise<unknown> {
  if (isUrl(path)) {
    const response = await fetch(path);
    if (response.ok) return parseConfig(path, await response.text());
    throw new UsageError(
      'loadModel',
      `${path} answered ${response.status}. Serve ${WEIGHTS[0]} and config.json there.`,
    );
  }
  let text: string;
  try {
    text = await nodeModule('fs/promises').readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(
      'loadModel',
      `${path} cannot be read (${code}), expected a folder with config.json and ${WEIGHTS.join(' or ')}.`,
    );
  }
  return parseConfig(path, text);
}

function parseConfig(path: string, text: string): unknown {
  try {
    // Python writes Infinity, which JSON does not have: Hugging Face's time_step_limit is [0.0, Infinity].
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
    const exists = await fs.access(path).then(
      () => true,
      () => false,
    );
    if (exists) return openTensorFile(path);
  }
  throw new UsageError(
    'loadModel',
    `${folder} holds neither ${WEIGHTS.join(' nor ')}. Give the folder of a checkpoint.`,
  );
}
