/**
 * A text as data of a language model, for experiments: what is learnt from, what is read in the test, and how well.
 *
 *   const text = await openText(context);                           // the plays that the repository brings
 *   const model = await createModel({ vocabSize: text.vocabSize, … }, { backend, seed });
 *   await learn(context, { model, data: text.train, … });
 *   await bitsPerByte(model, text, { length: 128 });
 *
 * The test begins where training ends: a play that lies across is in both, and its names have been read. With a gap
 * between them, what the test measures is above all how unlike that play is to the others.
 */
import { split, textData, type TokenStore } from '../../data/index.ts';
import type { LanguageModel } from '../../models/languageModel.ts';
import { nodeModule } from '../../node.ts';
import { byteTokenizer, charTokenizer, type Tokenizer } from '../../tokenize/index.ts';
import { evaluate } from '../../train/evaluate.ts';
import type { RunContext } from '../experiment.ts';

export interface Text {
  readonly tokenizer: Tokenizer;
  readonly vocabSize: number;
  readonly train: TokenStore;
  readonly test: TokenStore;
}

export interface TextOptions {
  /** A file of the repository's data. */
  name?: string;
  /** 'char': the bytes that occur alone, so a smaller head; the text is ASCII. 'char' by default. */
  tokens?: 'byte' | 'char';
  /** The last part; 0.1 by default. */
  test?: number;
}

export async function openText(context: Pick<RunContext, 'data'>, options: TextOptions = {}): Promise<Text> {
  const { name = 'shakespeare.txt', tokens = 'char', test = 0.1 } = options;
  const text = await nodeModule('fs/promises').readFile(await context.data(name), 'utf8');
  const tokenizer = tokens === 'byte' ? byteTokenizer() : charTokenizer.fromText(text);
  const parts = split(await textData(text, tokenizer, name), test);
  return { tokenizer, vocabSize: tokenizer.vocabSize, train: parts.train, test: parts.validation };
}

export interface ReadOptions {
  /** Tokens of a window: windows stand side by side, and each is read from the start. */
  length: number;
  /** The first windows alone, in whole batches; all by default. */
  windows?: number;
  batchSize?: number;
}

/** Mean cross-entropy over the test, in bits a byte. */
export async function bitsPerByte(
  model: LanguageModel,
  text: Text,
  { length, windows = Infinity, batchSize = 32 }: ReadOptions,
): Promise<number> {
  const batches = Math.ceil(windows / batchSize);
  return (await evaluate(model, text.test, text.tokenizer, { batchSize, blockSize: length, batches })).bitsPerByte;
}
