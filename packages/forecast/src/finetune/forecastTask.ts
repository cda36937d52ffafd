/** The training of the forecaster as a task of the trainer: its batches, and their loss. */
import type { SequenceModel } from '@mamba-ts/core/models';
import { pinball } from '@mamba-ts/core/ops';
import { enter, type Tensor } from '@mamba-ts/core/tensor';
import type { TaskMaker } from '@mamba-ts/core/train';
import { forwardSteps } from '../model/network.ts';
import { GRID } from '../quantiles.ts';
import type { BatchSource } from './batchSource.ts';
import type { TrainingSteps } from './trainingBatch.ts';

/** The task that trains on the batches of a source, in order. */
export const forecastTask =
  (source: BatchSource): TaskMaker<SequenceModel> =>
  (_options, _random, model) => {
    let drawn = 0;
    return {
      async next() {
        const batch = await source(drawn++);
        const steps = batch.lengths.reduce((sum, n) => sum + n, 0);
        return { steps, loss: () => ({ loss: batchLoss(model, batch) }) };
      },
      state: () => drawn,
      restore: (state) => {
        drawn = state as number;
      },
    };
  };

/** Mean pinball loss over quantiles, values and steps, in units. */
function batchLoss(model: SequenceModel, batch: TrainingSteps): Tensor {
  const { quantiles } = forwardSteps(model, batch);
  return pinball({ quantiles, targets: batch.targets, weights: batch.weights, levels: GRID });
}

/** The mean loss of several batches, without gradients. */
export const meanLoss = (model: SequenceModel, batches: readonly TrainingSteps[]): number =>
  batches.reduce((sum, batch) => sum + enter(() => batchLoss(model, batch).read()[0]) / batches.length, 0);
