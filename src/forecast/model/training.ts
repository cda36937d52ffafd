/** The forecaster's training as a task of the trainer: batches from a seed and a count, and their loss. */
import type { SequenceModel } from '../../models/sequenceModel.ts';
import { Random } from '../../random.ts';
import { pinball } from '../../ops/pinball.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { TaskMaker } from '../../train/task.ts';
import { drawLesson, type LessonSteps } from './lessons.ts';
import { GRID } from '../quantiles.ts';
import { forwardSteps } from './network.ts';

/** Batch `index` of the run with this seed, however it is made. */
export type LessonSource = (index: number) => Promise<LessonSteps>;

/** The batches are made where they are learnt from. */
export const lessonsHere =
  (seed: number, budget: number): LessonSource =>
  async (index) =>
    lessonOf(seed, budget, index);

export const lessonOf = (seed: number, budget: number, index: number): LessonSteps =>
  drawLesson(new Random(seed).fork(`lesson ${index}`), budget);

export function syntheticTask(model: SequenceModel, source: LessonSource): TaskMaker {
  return () => {
    let drawn = 0;
    return {
      async next() {
        const lesson = await source(drawn++);
        return {
          steps: lesson.lengths.reduce((sum, n) => sum + n, 0),
          loss: () => ({ loss: lessonLoss(model, lesson) }),
        };
      },
      state: () => drawn,
      restore: (state) => {
        drawn = state as number;
      },
    };
  };
}

/** Mean pinball loss over quantiles, values and steps, in units. */
export function lessonLoss(model: SequenceModel, lesson: LessonSteps): Tensor {
  const { quantiles } = forwardSteps(model, lesson);
  return pinball({ quantiles, targets: lesson.targets, weights: lesson.weights, levels: GRID });
}
