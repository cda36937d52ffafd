/** Language models and sequence models: made, loaded, saved and run. */
export type { CreateOptions, LoadOptions, ModelFiles } from './checkpoint.ts';
export { type ForwardOptions, LanguageModel } from './languageModel.ts';
export { configText, Model } from './model.ts';
export {
  createModel,
  createSequenceModel,
  declaredModel,
  declareModel,
  declareSequenceModel,
  loadModel,
  loadSequenceModel,
  type SequenceModelOptions,
  sequenceConfigOf,
} from './registered.ts';
export { isSequenceJson, type SequenceConfig, sequenceFields } from './sequenceConfig.ts';
export { SequenceModel, type SequenceOptions } from './sequenceModel.ts';
export type { SequenceInput, SequenceTargets } from './sequenceRows.ts';
