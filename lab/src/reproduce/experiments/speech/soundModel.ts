/** A language model of sound: mu-law tokens of clips, their bits, and how a model continues a test clip. */
import { memoryStore, type TokenStore } from '@mamba-ts/core/data';
import { generate } from '@mamba-ts/core/generate';
import type { LanguageModel } from '@mamba-ts/core/models';
import { MU_LAW_SIZE, muLawEncode } from '@mamba-ts/core/tokenize';
import { type Clip, SAMPLE_RATE } from './spokenDigits.ts';

/** The loudest sample of each clip, after it is scaled. */
const PEAK = 0.8;

/** 0 to 255, with all clips equally loud. */
export function tokensOf({ samples }: Clip): Uint8Array {
  let most = 0;
  for (const value of samples) most = Math.max(most, Math.abs(value));
  const factor = most > 0 ? PEAK / most : 1;
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

/** Bits per token of `test`, predicted from the token before by the pairs that are counted in `train`. */
export function pairBits(train: readonly Clip[], test: readonly Clip[]): number {
  // 1/256 is added to each pair, so that a pair that was never counted is not impossible.
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
  /** Tokens of the prompt. */
  heard: number;
  /** All tokens, the prompt and the model's own, a byte each in base64. */
  tokens: string;
}

/** The model reads the first part of the clip, then generates sound of `seconds`. */
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
