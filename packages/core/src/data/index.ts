/**
 * Training data of every kind: text, FASTA and audio to tokens; clips, tables and series to examples; both to batches.
 *
 * @example
 * const store = await data.prepareTokens('books/', byteTokenizer());
 * const { train, validation } = data.splitTokens(store);
 * const sampler = new data.BatchSampler(train, { mode: 'sequential', batchSize: 8, blockSize: 256 });
 *
 * @module
 */
export { chunksOf } from '../input/files.ts';
export {
  type AudioOptions,
  type AudioTokenOptions,
  audioBlocks,
  audioTokens,
  type ClipOptions,
  clipExamples,
} from './audio.ts';
export { charTokenizerOf } from './characters.ts';
export type { EncodeProgress } from './encode.ts';
export {
  type ExampleBatch,
  ExampleSampler,
  type ExampleSamplerOptions,
  type ExampleSamplerState,
} from './exampleSampler.ts';
export { type ExampleOptions, type FoundOptions, type OpenedExamples, openExamples } from './exampleSource.ts';
export {
  type Example,
  type ExampleStore,
  memoryExamples,
  type SplitOptions,
  shuffled,
  splitExamples,
} from './examples.ts';
export { type PrepareOptions, prepareTokens } from './prepare.ts';
export { resample } from './resample.ts';
export {
  type Batch,
  BatchSampler,
  type SamplerMode,
  type SamplerOptions,
  type SamplerState,
} from './sampler.ts';
export { type Columns, measureScaling, type Scaling, scaled, unscaled } from './scaling.ts';
export { readSeries, type Series, type SeriesOptions, type SeriesRow, seriesRows } from './series.ts';
export { splitSeries } from './splitSeries.ts';
export { type Split, splitTokens } from './splitTokens.ts';
export { longestDocument, memoryStore, type TokenArray, type TokenStore } from './store.ts';
export { textData } from './textData.ts';
export { type SourceOptions, type TextDocument, type TextSource, textSource } from './textSource.ts';
export { openTokenFile, type TokenFileOptions } from './tokenFile.ts';
export { stepExamples, type WindowOptions, windowExamples } from './windows.ts';
