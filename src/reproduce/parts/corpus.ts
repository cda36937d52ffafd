/**
 * A text as data of a language model, for experiments: three parts, and how well a model predicts one of them.
 *
 *   const text = await openText(context);                           // the plays that the repository brings
 *   const model = await createModel({ vocabSize: text.vocabSize, … }, { backend, seed });
 *   await learn(context, { model, data: text.train, … });
 *   await bitsPerByte(model, text, 'test', { length: 128 });
 *
 * Settings are chosen by the validation part; the test part is for what is reported.
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
  readonly validation: TokenStore;
  readonly test: TokenStore;
}

export interface TextOptions {
  /** A file of the repository's data. */
  name?: string;
  /** 'char': the bytes that occur alone, so a smaller head; the text is ASCII. 'char' by default. */
  tokens?: 'byte' | 'char';
  /** The last part, for the test, and the part before it, for validation; 0.1 and 0.05 by default. */
  test?: number;
  validation?: number;
}

export async function openText(context: Pick<RunContext, 'data'>, options: TextOptions = {}): Promise<Text> {
  const { name = 'shakespeare.txt', tokens = 'char', test = 0.1, validation = 0.05 } = options;
  const text = await nodeModule('fs/promises').readFile(await context.data(name), 'utf8');
  const tokenizer = tokens === 'byte' ? byteTokenizer() : charTokenizer.fromText(text);
  const last = split(await textData(text, tokenizer, name), test);
  const before = split(last.train, validation / (1 - test));
  return {
    tokenizer,
    vocabSize: tokenizer.vocabSize,
    train: before.train,
    validation: before.validation,
    test: last.validation,
  };
}

export interface ReadOptions {
  /** Tokens of a window: windows stand side by side, and each is read from the start. */
  length: number;
  /** The first windows alone, in whole batches; all by default. */
  windows?: number;
  batchSize?: number;
}

/** Mean cross-entropy over a part, in bits a byte. */
export async function bitsPerByte(
  model: LanguageModel,
  text: Text,
  part: 'validation' | 'test',
  { length, windows = Infinity, batchSize = 32 }: ReadOptions,
): Promise<number> {
  const batches = Math.ceil(windows / batchSize);
  const read = await evaluate(model, text[part], text.tokenizer, { batchSize, blockSize: length, batches });
  return read.bitsPerByte;
}
