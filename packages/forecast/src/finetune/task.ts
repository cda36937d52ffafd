/** The forecaster's training as a task of the trainer: batches from a seed and a count, and their loss. */
import type { SequenceModel } from '@mamba-ts/core/models';
import { pinball } from '@mamba-ts/core/ops';
import { Random } from '@mamba-ts/core/random';
import { enter, type Tensor } from '@mamba-ts/core/tensor';
import type { TaskMaker } from '@mamba-ts/core/train';
import { forwardSteps } from '../model/network.ts';
import { GRID } from '../quantiles.ts';
import { drawLesson, type LessonSteps } from './trainingBatch.ts';

/** Batch `index` of a run, however it is made. */
export type LessonSource = (index: number) => Promise<LessonSteps>;

/** Batch `index` of the synthetic run with this seed. */
export const lessonOf = (seed: number, budget: number, index: number): LessonSteps =>
  drawLesson(new Random(seed).fork(`lesson ${index}`), budget);

export function lessonTask(model: SequenceModel, source: LessonSource): TaskMaker {
  return () => {
    let drawn = 0;
    return {
      async next() {
        const lesson = await source(drawn++);
        const steps = lesson.lengths.reduce((sum, n) => sum + n, 0);
        return { steps, loss: () => ({ loss: lessonLoss(model, lesson) }) };
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

/** The loss of several lessons, without gradients. */
export const meanLoss = (model: SequenceModel, lessons: readonly LessonSteps[]): number =>
  lessons.reduce((sum, lesson) => sum + enter(() => lessonLoss(model, lesson).read()[0]) / lessons.length, 0);
