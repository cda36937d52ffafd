/** A language model of sound: mu-law tokens of clips, what they cost, and how an unheard clip goes on. */
import { memoryStore, type TokenStore } from '@mamba-ts/core/data';
import { generate } from '@mamba-ts/core/generate';
import type { LanguageModel } from '@mamba-ts/core/models';
import { MU_LAW_SIZE, muLawEncode } from '@mamba-ts/core/tokenize';
import { type Clip, SAMPLE_RATE } from './digits.ts';

/** The loudest sample of each clip. */
const LOUDEST = 0.8;

/** 0 to 255, the clip as loud as all others. */
export function tokensOf({ samples }: Clip): Uint8Array {
  let most = 0;
  for (const value of samples) most = Math.max(most, Math.abs(value));
  const factor = most > 0 ? LOUDEST / most : 1;
  return muLawEncode(samples.map((value) => factor * value));
}

/** The clips one after another, each a document. */
export function soundStore(clips: readonly Clip[], name: string): TokenStore {
  const rows = clips.map(tokensOf);
  const tokens = new Uint16Array(rows.reduce((sum, { length }) => sum + length, 0));
  const documents = new Float64Array(rows.length);
  let at = 0;
  rows.forEach((row, i) => {
    documents[i] = at;
    tokens.set(row, at);
    at += row.length;
  });
  return memoryStore(tokens, { name, vocabSize: MU_LAW_SIZE, documents });
}

/** Bits a token of `test` when all that is known is the token before: by the pairs that are counted in `train`. */
export function pairBits(train: readonly Clip[], test: readonly Clip[]): number {
  // One of 256 pairs each is added, so that what was never met is not impossible.
  const pairs = new Float64Array(MU_LAW_SIZE ** 2).fill(1 / MU_LAW_SIZE);
  const firsts = new Float64Array(MU_LAW_SIZE).fill(1);
  for (const clip of train) {
    const tokens = tokensOf(clip);
    for (let i = 1; i < tokens.length; i++) {
      pairs[tokens[i - 1] * MU_LAW_SIZE + tokens[i]]++;
      firsts[tokens[i - 1]]++;
    }
  }
  let [bits, count] = [0, 0];
  for (const clip of test) {
    const tokens = tokensOf(clip);
    for (let i = 1; i < tokens.length; i++) {
      bits -= Math.log2(pairs[tokens[i - 1] * MU_LAW_SIZE + tokens[i]] / firsts[tokens[i - 1]]);
      count++;
    }
  }
  return bits / count;
}

export interface Continued {
  digit: number;
  speaker: string;
  take: number;
  /** Tokens that the model heard. */
  heard: number;
  /** All tokens, the heard ones and the model's own, a byte each in base64. */
  tokens: string;
}

/** The model hears the first part of the clip and goes on for so many seconds. */
export async function continued(
  model: LanguageModel,
  clip: Clip,
  options: { part: number; seconds: number; temperature: number; seed: number },
): Promise<Continued> {
  const { part, seconds, temperature, seed } = options;
  const all = tokensOf(clip);
  const prompt = Array.from(all.subarray(0, Math.max(1, Math.round(part * all.length))));
  const tokens = [...prompt];
  const maxTokens = Math.round(seconds * SAMPLE_RATE);
  for await (const { token } of generate(model, prompt, { maxTokens, temperature, seed })) tokens.push(token);
  const { digit, speaker, take } = clip;
  return { digit, speaker, take, heard: prompt.length, tokens: Buffer.from(tokens).toString('base64') };
}

export const tokensIn = ({ tokens }: Continued): Uint8Array => Uint8Array.from(Buffer.from(tokens, 'base64'));
