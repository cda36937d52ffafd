/** Data of every kind: text, FASTA and audio to tokens, clips and series to examples, all to batches. */
export {
  type AudioOptions,
  type AudioTokenOptions,
  audioBlocks,
  audioTokens,
  type ClipOptions,
  clipExamples,
} from './audio.ts';
export { charTokenizerOf } from './characters.ts';
export { type CsvRow, csvRows, type Separator } from './csv.ts';
export type { EncodeProgress } from './encode.ts';
export {
  type ExampleBatch,
  ExampleSampler,
  type ExampleSamplerOptions,
  type ExampleSamplerState,
} from './exampleSampler.ts';
export { type ExampleOptions, type OpenedExamples, openExamples } from './exampleSource.ts';
export {
  type Example,
  type ExampleStore,
  memoryExamples,
  type SplitOptions,
  shuffled,
  splitExamples,
} from './examples.ts';
export { chunksOf, factsOf } from './files.ts';
export { chunksOfText } from './pieces.ts';
export { type PrepareOptions, prepareTokens } from './prepare.ts';
export { resample } from './resample.ts';
export {
  type Batch,
  BatchSampler,
  type SamplerMode,
  type SamplerOptions,
  type SamplerState,
} from './sampler.ts';
export { measureScaling, type Scaling, scaled, unscaled } from './scaling.ts';
export {
  MISSING,
  numberReader,
  readSeries,
  type Series,
  type SeriesOptions,
  type SeriesRow,
  seriesRows,
} from './series.ts';
export { nameOf, type SourceOptions, standardInput, type TextDocument, type TextSource, textSource } from './source.ts';
export { type Split, split } from './split.ts';
export { type StepWindowOptions, splitSeries, stepExamples } from './stepWindows.ts';
export { longestDocument, memoryStore, type TokenArray, type TokenStore } from './store.ts';
export { requireDifferent } from './table.ts';
export { textData } from './textData.ts';
export { openTokenFile, type TokenFileOptions } from './tokenFile.ts';
export { decodeUtf8 } from './utf8.ts';
export { type WindowOptions, windowExamples } from './windows.ts';
