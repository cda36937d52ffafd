/** Loss of a sequence model over examples, and what people ask for: accuracy, or how far values are off. */

import { type ExampleBatch, ExampleSampler } from '../data/exampleSampler.ts';
import { type ExampleStore, titleOf } from '../data/examples.ts';
import type { Columns } from '../data/scaling.ts';
import { UsageError } from '../errors.ts';
import { logSumExp } from '../math/softmax.ts';
import type { SequenceModel } from '../models/sequenceModel.ts';
import { flatTargets } from '../models/sequenceRows.ts';
import { scope } from '../tensor/scope.ts';
import { requireBatches } from './evaluate.ts';
import { targetsOf } from './task.ts';

export interface SequenceEvaluation {
  /** Mean cross-entropy in nats, or mean squared error of what the model was trained on (scaled). */
  loss: number;
  /** Classification: the part that was right. */
  accuracy?: number;
  /** Regression, in the units of the data. */
  meanSquaredError?: number;
  meanAbsoluteError?: number;
  examples: number;
  /** Labels or values that were compared. */
  compared: number;
}

export interface SequenceEvaluationOptions {
  batchSize: number;
  /** Batches at most, from the first on. */
  batches?: number;
  /** The scale of targets, where they were scaled. */
  targets?: Columns;
  onBatch?: (done: number, of: number) => void;
}

/** Reads the examples in their order. */
export async function evaluateSequence(
  model: SequenceModel,
  data: ExampleStore,
  options: SequenceEvaluationOptions,
): Promise<SequenceEvaluation> {
  const { batchSize, batches = Infinity, targets: scale } = options;
  requireBatches(batches);
  const sampler = new ExampleSampler(data, { mode: 'sequential', batchSize });
  const count = Math.min(batches, sampler.batchesPerPass);
  const isClassifier = model.config.nClasses > 0;
  const sum = { loss: 0, right: 0, squared: 0, absolute: 0, compared: 0, examples: 0 };
  // Batches in which nothing counts say nothing: reads on to one that does.
  for (let i = 0; i < count || (i < sampler.batchesPerPass && sum.compared === 0); i++) {
    const batch = await sampler.next();
    const wanted = wantedOf(model, batch, data);
    const outputs = scope(() => model.forward(batch).outputs.read());
    const width = model.dOutput;
    const rows = outputs.length / width;
    for (let row = 0; row < rows; row++) {
      const given = outputs.subarray(row * width, (row + 1) * width);
      if (isClassifier) addClass(sum, given, wanted[row]);
      else for (let k = 0; k < width; k++) addError(sum, given[k] - wanted[row * width + k], scale?.deviation[k] ?? 1);
    }
    sum.examples += batch.B;
    options.onBatch?.(i + 1, Math.max(i + 1, count));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const { compared, examples } = sum;
  if (compared === 0) {
    throw new UsageError('evaluate', `${data.name} has no labels or targets that count, expected at least one.`);
  }
  return {
    loss: sum.loss / compared,
    ...(isClassifier
      ? { accuracy: sum.right / compared }
      : { meanSquaredError: sum.squared / compared, meanAbsoluteError: sum.absolute / compared }),
    examples,
    compared,
  };
}

/** A class or values for each row of the outputs; what pads an example has none. */
function wantedOf(model: SequenceModel, batch: ExampleBatch, data: ExampleStore): Float64Array {
  const { dOutput } = model;
  const { nClasses, output } = model.config;
  const [width, missing] = nClasses > 0 ? [1, -1] : [dOutput, Number.NaN];
  const wanted = flatTargets(targetsOf(model, batch, data.name), batch, { width, output, missing });
  const strange = nClasses > 0 ? wanted.findIndex((label) => label >= nClasses) : -1;
  if (strange < 0) return wanted;
  const row = output === 'step' ? Math.floor(strange / batch.L) : strange;
  throw new UsageError(
    'evaluate',
    `${data.name}, ${titleOf(data, batch.indices[row])} has the label ${wanted[strange]}, expected below ${nClasses}, ` +
      'the classes of the model. Number the classes as in training.',
  );
}

type Sums = Record<'loss' | 'right' | 'squared' | 'absolute' | 'compared', number>;

function addClass(sum: Sums, logits: Float32Array, label: number): void {
  if (label < 0) return;
  sum.loss += logSumExp(logits) - logits[label];
  sum.right += Number(logits.indexOf(Math.max(...logits)) === label);
  sum.compared++;
}

function addError(sum: Sums, error: number, unit: number): void {
  if (Number.isNaN(error)) return;
  sum.loss += error ** 2;
  sum.squared += (unit * error) ** 2;
  sum.absolute += Math.abs(unit * error);
  sum.compared++;
}
