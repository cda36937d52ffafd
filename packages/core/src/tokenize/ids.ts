/** The check of an id that all decoders share. */
import { UsageError } from '../errors.ts';

/** Throws UsageError unless `id` is a whole number from 0 to vocabSize − 1. */
export function checkId(id: number, vocabSize: number, where: string): void {
  if (Number.isInteger(id) && id >= 0 && id < vocabSize) return;
  throw new UsageError(
    where,
    `id is ${id}, expected 0 to ${vocabSize - 1}. If a model produced it, ` +
      'the model was trained with another tokenizer, or its padded rows were sampled.',
  );
}
