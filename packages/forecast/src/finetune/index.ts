/** Training of the forecaster: fine-tuning on own series, and what the run that trains it from scratch needs. */
export { loadSyntheticSeries } from './batchSource.ts';
export { batchesFromThread } from './batchThread.ts';
export { type Finetuned, type FinetuneOptions, finetune, finetuneFields } from './finetune.ts';
export { forecastTask, meanLoss } from './forecastTask.ts';
export { type Line, ProgressLog } from './progressLog.ts';
export { drawBatch } from './trainingBatch.ts';
