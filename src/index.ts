/**
 * mamba-ts: selective state space models in Node and the browser.
 *
 *   const model = await loadModel('runs/play');
 *   for await (const { token } of generate(model, prompt, { maxTokens: 100 })) …
 */
export { Backend, openBackend } from './tensor/backend.ts';
export type { BackendName } from './backend/open.ts';
export { keep, scope } from './tensor/scope.ts';
export { valueAndGrad, withoutGradients } from './tensor/tape.ts';
export { type Shape, Tensor } from './tensor/tensor.ts';
export * from './ops/index.ts';
export {
  createModel,
  createSequenceModel,
  type LoadOptions,
  loadModel,
  loadSequenceModel,
} from './models/checkpoint.ts';
export type { ModelConfig } from './models/config.ts';
export { type ForwardOptions, LanguageModel } from './models/languageModel.ts';
export { Model } from './models/model.ts';
export { modelNames } from './models/registry.ts';
export type { SequenceConfig } from './models/sequenceConfig.ts';
export { SequenceModel, type SequenceOptions } from './models/sequenceModel.ts';
export type { SequenceInput, SequenceTargets } from './models/sequenceRows.ts';
export { State } from './models/state.ts';
export { type Observed, observe } from './inspect/observe.ts';
export { type Generated, type GenerateOptions, generate } from './generate/generate.ts';
export { type GenerateTextOptions, generateText } from './generate/text.ts';
export {
  audioTokens,
  BatchSampler,
  clipExamples,
  type Example,
  ExampleSampler,
  type ExampleStore,
  measureScaling,
  memoryExamples,
  openExamples,
  prepareTokens,
  readSeries,
  resample,
  type Scaling,
  scaled,
  seriesRows,
  splitExamples,
  splitSeries,
  stepExamples,
  textData,
  type TokenStore,
  unscaled,
  windowExamples,
} from './data/index.ts';
export {
  defaultHorizon,
  type Frequency,
  layoutLine,
  openTimeTable,
  seriesBatches,
  stepsLine,
  TableNotes,
  type TableSeries,
  TimeAxis,
  type TimeTable,
  type TimeTableOptions,
} from './data/timeTable/index.ts';
export { encodeWav, fastaRecords, gunzipped, openWav } from './formats/index.ts';
export {
  byteTokenizer,
  charTokenizer,
  dnaTokenizer,
  loadTokenizer,
  muLawDecode,
  muLawEncode,
  muLawTokenizer,
  reverseComplement,
  type Tokenizer,
} from './tokenize/index.ts';
export { type Evaluation, evaluate } from './train/evaluate.ts';
export { evaluateSequence, type SequenceEvaluation } from './train/evaluateSequence.ts';
export { type Prediction, predict } from './train/predict.ts';
export type { Lesson, Task, TaskMaker } from './train/task.ts';
export { type StepReport, Trainer, type TrainerOptions } from './train/trainer.ts';
export * from './forecast/index.ts';
export * as ssm from './ssm/index.ts';
