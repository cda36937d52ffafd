/** Models of the families in the registry, by the name that their config gives. */
import { configOf, familyOf, type ModelOptions, readConfig, registry } from '../families/registry.ts';
import type { AnyConfig, ModelConfig } from '../layers/config.ts';
import { type CreateOptions, initialize, type LoadOptions, loadWith, type ModelFiles } from './checkpoint.ts';
import { LanguageModel } from './languageModel.ts';
import {
  type AnySequenceConfig,
  isSequenceJson,
  readSequenceConfig,
  type SequenceConfig,
  type SequenceShape,
  sequenceConfigIn,
} from './sequenceConfig.ts';
import { SequenceModel } from './sequenceModel.ts';

type WithSequence<Options> = Options extends ModelOptions
  ? Omit<Options, 'vocabSize'> & { vocabSize?: number } & Partial<SequenceShape>
  : never;

/**
 * What createSequenceModel() is given: the family (`model`, default 'mamba'), its sizes, the inputs (`dInput` or
 * `vocabSize`), the outputs (`nClasses` or `nTargets`), and whatever differs from the defaults.
 */
export type SequenceModelOptions = WithSequence<ModelOptions>;

/**
 * A new language model with its first values.
 *
 *   const model = await createModel({ vocabSize: 256, dModel: 128, nLayer: 4 }, { seed: 1 });
 *
 * Throws UsageError for unknown keys and for values that do not fit.
 */
export async function createModel(
  config: ModelOptions | ModelConfig,
  options: CreateOptions = {},
): Promise<LanguageModel> {
  return initialize(declareModel(config), options);
}

/**
 * A new sequence model with its first values.
 *
 *   const model = await createSequenceModel({ dInput: 3, nClasses: 10, dModel: 64, nLayer: 2 });
 *
 * Throws UsageError for unknown keys and for values that do not fit.
 */
export async function createSequenceModel(
  config: SequenceModelOptions | SequenceConfig,
  options: CreateOptions = {},
): Promise<SequenceModel> {
  return initialize(declareSequenceModel(config), options);
}

/**
 * A language model from a folder in the official or Hugging Face layout (config.json and model.safetensors,
 * pytorch_model.bin or model.pth), from a folder that this project wrote, from a URL of one, or from { config, weights }.
 */
export async function loadModel(from: string | ModelFiles, options: LoadOptions = {}): Promise<LanguageModel> {
  return loadWith(from, options, (json) => languageModelOf(readConfig(json)));
}

/** A sequence model from what save() or a run with --task classify or regress wrote, or from { config, weights }. */
export async function loadSequenceModel(from: string | ModelFiles, options: LoadOptions = {}): Promise<SequenceModel> {
  return loadWith(from, options, (json) => sequenceModelOf(readSequenceConfig(registry, json)));
}

/** A language model without values, to learn its sizes and costs. */
export const declareModel = (config: ModelOptions | ModelConfig): LanguageModel =>
  languageModelOf(configOf({ ...config }));

/** A sequence model without values, to learn its sizes and costs. */
export const declareSequenceModel = (config: SequenceModelOptions | SequenceConfig): SequenceModel =>
  sequenceModelOf(sequenceConfigOf({ ...config }));

/** The model, of either kind, that a config.json describes, without values. */
export const declaredModel = (json: unknown): LanguageModel | SequenceModel =>
  isSequenceJson(json) ? sequenceModelOf(readSequenceConfig(registry, json)) : languageModelOf(readConfig(json));

/** A checked config of a sequence model, from the names of this project. Throws UsageError. */
export const sequenceConfigOf = (given: Readonly<Record<string, unknown>>): AnySequenceConfig =>
  sequenceConfigIn(registry, given);

const languageModelOf = (config: AnyConfig) => new LanguageModel(config, familyOf(config.model));
const sequenceModelOf = (config: AnySequenceConfig) => new SequenceModel(config, familyOf(config.model));
