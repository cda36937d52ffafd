/** The main figure of an evaluation, by its task. */
import type { Evaluation, SequenceEvaluation } from '@mamba-ts/core/train';

/** '1.234 bits/byte', 'accuracy 97.5 %' or 'mean absolute error 0.31'. */
export function headline(evaluation: Evaluation | SequenceEvaluation): string {
  if ('bitsPerByte' in evaluation) return `${evaluation.bitsPerByte.toFixed(3)} bits/byte`;
  const { accuracy, meanAbsoluteError = 0 } = evaluation;
  if (accuracy !== undefined) return `accuracy ${(100 * accuracy).toFixed(1)} %`;
  return `mean absolute error ${meanAbsoluteError.toPrecision(4)}`;
}
