/** finetune. */
export { lessonsFromThread } from './batchThread.ts';
export { finetune } from './finetune.ts';
export { type Line, runSession } from './session.ts';
export { lessonTask, meanLoss } from './task.ts';
export { drawLesson } from './trainingBatch.ts';
