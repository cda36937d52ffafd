/** The loss of a sequence model over examples, with the accuracy of classes or the errors of values. */
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
  /** Classification: the fraction of labels that were right. */
  accuracy?: number;
  /** Regression, in the units of the data. */
  meanSquaredError?: number;
  meanAbsoluteError?: number;
  examples: number;
  /** The number of labels or values that were compared. */
  compared: number;
}

export interface SequenceEvaluationOptions {
  batchSize: number;
  /** The maximum number of batches, from the first on. Default: all. */
  batches?: number;
  /** The scale of the targets, if they were scaled. */
  targets?: Columns;
  onBatch?: (done: number, of: number) => void;
}

/**
 * Measures the model on the examples, in order. Throws UsageError if none has a label or target, or if a label is not
 * one of the classes of the model.
 */
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
  // Batches without any label or target measure nothing: continues to one that has some.
  for (let i = 0; i < count || (i < sampler.batchesPerPass && sum.compared === 0); i++) {
    const batch = await sampler.next();
    const expected = expectedOf(model, batch, data);
    const outputs = scope(() => model.forward(batch).outputs.read());
    const width = model.dOutput;
    const rows = outputs.length / width;
    for (let row = 0; row < rows; row++) {
      const given = outputs.subarray(row * width, (row + 1) * width);
      if (isClassifier) addClass(sum, given, expected[row]);
      else
        for (let k = 0; k < width; k++) addError(sum, given[k] - expected[row * width + k], scale?.deviation[k] ?? 1);
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

/** The class or values for each row of the outputs; missing for padding. */
function expectedOf(model: SequenceModel, batch: ExampleBatch, data: ExampleStore): Float64Array {
  const { dOutput } = model;
  const { nClasses, output } = model.config;
  const [width, missing] = nClasses > 0 ? [1, -1] : [dOutput, Number.NaN];
  const expected = flatTargets(targetsOf(model, batch, data.name), batch, { width, output, missing });
  const unknown = nClasses > 0 ? expected.findIndex((label) => label >= nClasses) : -1;
  if (unknown < 0) return expected;
  const row = output === 'step' ? Math.floor(unknown / batch.L) : unknown;
  throw new UsageError(
    'evaluate',
    `${data.name}, ${titleOf(data, batch.indices[row])} has the label ${expected[unknown]}, expected below ${nClasses}, ` +
      'the number of classes of the model. Number the classes as in training.',
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
