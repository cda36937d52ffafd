/**
 * Selective state space models in Node and the browser: tensors with gradients, model families, checkpoints,
 * generation and training.
 *
 * @example
 * import { createModel } from '@mamba-ts/core';
 *
 * const model = await createModel({ vocabSize: 256, dModel: 32, nLayer: 2 }, { seed: 1 });
 * const { state } = model.forward([[72, 101, 108]]); // any length, from the start
 * const next = model.forward([[108, 111]], { state }); // or from a state, which stays as it is
 * console.log(next.logits.shape, next.state.position); // [ 1, 2, 256 ] 5
 * model.backend.dispose();
 *
 * @module
 */
export type { BackendName } from './backend/index.ts';
export * as data from './data/index.ts';
export { textData } from './data/textData.ts';
export { UsageError } from './errors.ts';
export type {
  AttentionConfig,
  H3Config,
  HybridConfig,
  Mamba2Config,
  Mamba3Config,
  MambaConfig,
  ModelOptions,
  Rwkv4Config,
  S4Config,
  S4dConfig,
  TransformerConfig,
} from './families/index.ts';
export * as formats from './formats/index.ts';
export {
  type Generated,
  type GenerateOptions,
  type GenerateTextOptions,
  generate,
  generateText,
} from './generate/index.ts';
export { type Observed, observe } from './inspect/index.ts';
export { type ModelConfig, State } from './layers/index.ts';
export {
  type CreateOptions,
  createModel,
  createSequenceModel,
  type ForwardOptions,
  LanguageModel,
  type LoadOptions,
  loadModel,
  loadSequenceModel,
  type Model,
  type ModelFiles,
  type SequenceConfig,
  type SequenceInput,
  SequenceModel,
  type SequenceModelOptions,
  type SequenceOptions,
  type SequenceTargets,
} from './models/index.ts';
export * as ops from './ops/index.ts';
export {
  type Backend,
  keep,
  openBackend,
  type Shape,
  scope,
  Tensor,
  valueAndGrad,
  withoutGradients,
} from './tensor/index.ts';
export * as tokenizers from './tokenize/index.ts';
export { byteTokenizer, loadTokenizer, type Tokenizer } from './tokenize/index.ts';
export {
  type Evaluation,
  evaluate,
  type Prediction,
  predict,
  type ResumeOptions,
  type SaveOptions,
  type StepReport,
  type Task,
  type TaskMaker,
  Trainer,
  type TrainerOptions,
  type TrainingBatch,
  type TrainingData,
} from './train/index.ts';
