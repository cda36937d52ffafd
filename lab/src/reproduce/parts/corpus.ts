/**
 * A text as data of a language model, for experiments: what is learnt from, what is read in the test, and how well.
 *
 *   const text = await openText(context);                           // the plays
 *   const model = await createModel({ vocabSize: text.vocabSize, … }, { backend, seed });
 *   await learn(context, { model, data: text.train, … });
 *   await bitsPerByte(model, text, 128);
 *
 * The test begins where training ends: a play that lies across is in both, and its names have been read. With a gap
 * between them, what the test measures is above all how unlike that play is to the others.
 */
import { splitTokens, type TokenStore, textData } from '@mamba-ts/core/data';
import type { LanguageModel } from '@mamba-ts/core/models';
import { nodeModule } from '@mamba-ts/core/node';
import { charTokenizer, type Tokenizer } from '@mamba-ts/core/tokenize';
import { evaluate } from '@mamba-ts/core/train';
import type { RunContext } from '../experiment.ts';

export interface Text {
  readonly tokenizer: Tokenizer;
  readonly vocabSize: number;
  readonly train: TokenStore;
  readonly test: TokenStore;
}

/** The last part, for the test. */
const TEST = 0.1;

/** The plays that the repository brings, a token a character: they are ASCII, so a character is a byte. */
export async function openText(context: Pick<RunContext, 'data'>): Promise<Text> {
  const name = 'shakespeare.txt';
  const text = await nodeModule('fs/promises').readFile(await context.data(name), 'utf8');
  const tokenizer = charTokenizer.fromText(text);
  const { train, validation } = splitTokens(await textData(text, tokenizer, name), TEST);
  return { tokenizer, vocabSize: tokenizer.vocabSize, train, test: validation };
}

/** Rows of the test that are read at once. */
const ROWS = 32;

/** Mean cross-entropy over the test, in bits a byte: windows of so many tokens, each read from nothing. */
export async function bitsPerByte(model: LanguageModel, text: Text, length: number): Promise<number> {
  return (await evaluate(model, text.test, text.tokenizer, { batchSize: ROWS, blockSize: length })).bitsPerByte;
}
