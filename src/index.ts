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
export { createModel, type LoadOptions, loadModel } from './models/checkpoint.ts';
export type { ModelConfig } from './models/config.ts';
export { type ForwardOptions, LanguageModel } from './models/languageModel.ts';
export { modelNames } from './models/registry.ts';
export { State } from './models/state.ts';
export { type Generated, type GenerateOptions, generate } from './generate/generate.ts';
export { type GenerateTextOptions, generateText } from './generate/text.ts';
export {
  audioTokens,
  BatchSampler,
  clipExamples,
  type Example,
  ExampleSampler,
  type ExampleStore,
  memoryExamples,
  prepareTokens,
  readSeries,
  resample,
  seriesRows,
  splitExamples,
  textData,
  type TokenStore,
  windowExamples,
} from './data/index.ts';
export { encodeWav, fastaRecords, gunzipped, openWav } from './formats/index.ts';
export {
  byteTokenizer,
  charTokenizer,
  dnaTokenizer,
  loadTokenizer,
  muLawDecode,
  muLawEncode,
  reverseComplement,
  type Tokenizer,
} from './tokenize/index.ts';
export { type Evaluation, evaluate } from './train/evaluate.ts';
export { type StepReport, Trainer, type TrainerOptions } from './train/trainer.ts';
export * as ssm from './ssm/index.ts';
