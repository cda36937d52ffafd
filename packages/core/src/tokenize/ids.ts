/** The one check that every decoder makes of an id. */
import { UsageError } from '../errors.ts';

export function checkId(id: number, vocabSize: number, where: string): void {
  if (Number.isInteger(id) && id >= 0 && id < vocabSize) return;
  throw new UsageError(
    where,
    `id is ${id}, expected 0 to ${vocabSize - 1}. If a model made it, ` +
      'the model was trained with another tokenizer, or its padded rows were sampled.',
  );
}
