/** Loss of a sequence model over examples, and what people ask for: accuracy, or how far values are off. */
import { type ExampleBatch, ExampleSampler } from '../data/exampleSampler.ts';
import type { ExampleStore } from '../data/examples.ts';
import type { Columns } from '../data/scaling.ts';
import type { SequenceModel } from '../models/sequenceModel.ts';
import { scope } from '../tensor/scope.ts';
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
  const sampler = new ExampleSampler(data, { mode: 'sequential', batchSize });
  const count = Math.min(batches, sampler.batchesPerPass);
  const isClassifier = model.config.nClasses > 0;
  const sum = { loss: 0, right: 0, squared: 0, absolute: 0, compared: 0, examples: 0 };
  for (let i = 0; i < count; i++) {
    const batch = await sampler.next();
    const wanted = targetsOf(model, batch, data.name);
    const outputs = scope(() => model.forward(batch).outputs.read());
    const width = model.dOutput;
    const rows = isClassifier ? wanted.length : wanted.length / width;
    for (let row = 0; row < rows; row++) {
      if (!isReal(model, batch, row)) continue;
      const given = outputs.subarray(row * width, (row + 1) * width);
      if (isClassifier) addClass(sum, given, wanted[row]);
      else for (let k = 0; k < width; k++) addError(sum, given[k] - wanted[row * width + k], scale?.deviation[k] ?? 1);
    }
    sum.examples += batch.B;
    options.onBatch?.(i + 1, count);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const { compared, examples } = sum;
  if (compared === 0) {
    throw new Error(`evaluate: ${data.name} has no labels or targets that count, expected at least one.`);
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

type Sums = Record<'loss' | 'right' | 'squared' | 'absolute' | 'compared', number>;

/** Whether a row of the outputs stands for a step that is there. */
function isReal({ config }: SequenceModel, { L, lengths }: ExampleBatch, row: number): boolean {
  return config.output === 'sequence' || row % L < (lengths?.[Math.floor(row / L)] ?? L);
}

function addClass(sum: Sums, logits: Float32Array, label: number): void {
  if (label < 0) return;
  const top = logits.reduce((a, b) => Math.max(a, b));
  const total = logits.reduce((all, logit) => all + Math.exp(logit - top), 0);
  sum.loss += top + Math.log(total) - logits[label];
  sum.right += Number(logits.indexOf(top) === label);
  sum.compared++;
}

function addError(sum: Sums, error: number, unit: number): void {
  if (Number.isNaN(error)) return;
  sum.loss += error ** 2;
  sum.squared += (unit * error) ** 2;
  sum.absolute += Math.abs(unit * error);
  sum.compared++;
}
