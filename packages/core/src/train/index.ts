/** train. */
export { type Evaluation, evaluate } from './evaluate.ts';
export { evaluateSequence, type SequenceEvaluation } from './evaluateSequence.ts';
export { lockFolder } from './folderLock.ts';
export { lackOf, size, trainingBytes } from './memory.ts';
export { fromData, modelConfigOf, runConfig, trainFields } from './options.ts';
export { type Prediction, predict } from './predict.ts';
export { presets } from './presets.ts';
export { languageResult, type Reporter, type RunResult, train } from './run.ts';
export { RunFolder } from './runFolder.ts';
export { openSaved } from './savedExamples.ts';
export type { Lesson, Task, TaskMaker, TrainingData } from './task.ts';
export { type StepReport, Trainer, type TrainerOptions } from './trainer.ts';
