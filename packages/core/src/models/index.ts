/** models. */
export {
  createModel,
  createSequenceModel,
  declaredModel,
  type LoadOptions,
  loadModel,
  loadSequenceModel,
} from './checkpoint.ts';
export { type ForwardOptions, LanguageModel } from './languageModel.ts';
export { Model } from './model.ts';
export { isSequenceJson, type SequenceConfig, sequenceConfigOf, sequenceFields } from './sequenceConfig.ts';
export { SequenceModel, type SequenceOptions } from './sequenceModel.ts';
export type { SequenceInput, SequenceTargets } from './sequenceRows.ts';
