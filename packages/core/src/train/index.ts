/** Training: the trainer, runs in folders, evaluation and prediction. */
export { type Evaluation, evaluate } from './evaluate.ts';
export { evaluateSequence, type SequenceEvaluation } from './evaluateSequence.ts';
export type { ExampleFacts } from './exampleFacts.ts';
export {
  type EvaluationEvent,
  isFinished,
  type SavedEvent,
  type StepEvent,
  type TrainingEvent,
  type TrainingPlan,
  training,
} from './loop.ts';
export { lackOf, size } from './memory.ts';
export { fromData, modelConfigOf, runConfig, type TrainOptions, trainFields } from './options.ts';
export { type FolderUse, takeFolder } from './ownedFolder.ts';
export { type Prediction, predict } from './predict.ts';
export { presets } from './presets.ts';
export { languageResult, type Reporter, type RunResult, train } from './run.ts';
export { RunFolder } from './runFolder.ts';
export { openSaved } from './savedExamples.ts';
export type { ResumeOptions, SaveOptions } from './savedTrainer.ts';
export type { Task, TaskMaker, TrainingBatch, TrainingData } from './task.ts';
export { Trainer } from './trainer.ts';
export { type TrainerOptions, trainerFields, trainerOptionsIn } from './trainerOptions.ts';
export type { Notes, StepReport, TrainerState } from './types.ts';
