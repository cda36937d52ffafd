/** The forecaster's training as a task of the trainer: batches from a seed and a count, and their loss. */
import type { SequenceModel } from '../../models/sequenceModel.ts';
import { pinball } from '../../ops/pinball.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { TaskMaker } from '../../train/task.ts';
import { drawLesson, type LessonSteps } from './lessons.ts';
import { forwardSteps, LEVELS } from './network.ts';

/** `budget`: steps of a batch, about. */
export function syntheticTask(model: SequenceModel, budget: number): TaskMaker {
  return (_options, random) => {
    let drawn = 0;
    return {
      async next() {
        const lesson = drawLesson(random.fork(`batch ${drawn++}`), budget);
        return { steps: lesson.lengths.reduce((sum, n) => sum + n, 0), loss: () => ({ loss: lessonLoss(model, lesson) }) };
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
  return pinball({ quantiles, targets: lesson.targets, weights: lesson.weights, levels: LEVELS });
}
