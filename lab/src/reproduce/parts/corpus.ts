/**
 * A text as data of a language model: the part for training, the part for the test, and its bits per byte.
 *
 *   const text = await openText(context);                           // the plays
 *   const model = await newModel({ vocabSize: text.vocabSize, … }, context, seed);
 *   await learn(context, { model, data: text.train, … });
 *   await bitsPerByte(model, text, 128);
 *
 * The test begins where training ends. The play at the border is in both, so the test has names that training has. With
 * a gap between them, the test would mostly measure how unlike its plays are to the others.
 */
import { readFile } from 'node:fs/promises';
import { splitTokens, type TokenStore, textData } from '@mamba-ts/core/data';
import type { LanguageModel } from '@mamba-ts/core/models';
import { charTokenizer, type Tokenizer } from '@mamba-ts/core/tokenize';
import { evaluate } from '@mamba-ts/core/train';
import type { RunContext } from '../experiment.ts';

export interface Text {
  readonly tokenizer: Tokenizer;
  readonly vocabSize: number;
  readonly train: TokenStore;
  readonly test: TokenStore;
}

/** The part of the text at its end that is for the test. */
const TEST_PART = 0.1;

/** The plays of the repository, with a token for each character: they are ASCII, so a character is a byte. */
export async function openText(context: Pick<RunContext, 'data'>): Promise<Text> {
  const name = 'shakespeare.txt';
  const text = await readFile(await context.data(name), 'utf8');
  const tokenizer = charTokenizer.fromText(text);
  const { train, validation } = splitTokens(await textData(text, tokenizer, name), TEST_PART);
  return { tokenizer, vocabSize: tokenizer.vocabSize, train, test: validation };
}

/** Test rows of one call. */
const ROWS_PER_CALL = 32;

/** Mean cross-entropy of the test, in bits per byte, over windows of `length` tokens that start from an empty state. */
export async function bitsPerByte(model: LanguageModel, text: Text, length: number): Promise<number> {
  return (await evaluate(model, text.test, text.tokenizer, { batchSize: ROWS_PER_CALL, blockSize: length }))
    .bitsPerByte;
}
