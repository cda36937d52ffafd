/** Text corpora: from files to tokens, to batches for training. */
export { charTokenizerOf } from './characters.ts';
export type { EncodeProgress } from './encode.ts';
export { type PrepareOptions, prepareTokens } from './prepare.ts';
export {
  type Batch,
  BatchSampler,
  type SamplerMode,
  type SamplerOptions,
  type SamplerState,
} from './sampler.ts';
export { type SourceOptions, type TextDocument, type TextSource, textSource } from './source.ts';
export { type Split, split } from './split.ts';
export { memoryStore, type TokenArray, type TokenStore } from './store.ts';
export { textData } from './textData.ts';
export { openTokenFile, type TokenFileOptions } from './tokenFile.ts';
