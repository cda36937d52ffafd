/** The one check that every decoder makes of an id. */

export function checkId(id: number, vocabSize: number, where: string): void {
  if (Number.isInteger(id) && id >= 0 && id < vocabSize) return;
  throw new Error(
    `${where}: id is ${id}, expected 0 to ${vocabSize - 1}. If a model made it, ` +
      'the model was trained with another tokenizer, or its padded rows were sampled.',
  );
}
