/** Text from a model: whole characters only, and stop strings that are never shown in part. */
import type { LanguageModel } from '../models/languageModel.ts';
import { streamDecoder } from '../tokenize/stream.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { type GenerateOptions, generate } from './generate.ts';

export interface GenerateTextOptions extends GenerateOptions {
  /** Generation ends where one of these appears; it is not part of the text. */
  stop?: readonly string[];
}

/** Yields the text as it comes, in pieces of whole characters. */
export async function* generateText(
  model: LanguageModel,
  tokenizer: Tokenizer,
  prompt: string,
  options: GenerateTextOptions,
): AsyncGenerator<string, void, undefined> {
  const stop = (options.stop ?? []).filter((text) => text.length > 0);
  const stopTokens = options.stopTokens ?? (tokenizer.eos === undefined ? [] : [tokenizer.eos]);
  const decoder = streamDecoder(tokenizer);
  let pending = '';
  for await (const { token } of generate(model, tokenizer.encode(prompt), { ...options, stopTokens })) {
    pending += decoder.push(token);
    const found = firstStop(pending, stop);
    if (found >= 0) {
      if (found > 0) yield pending.slice(0, found);
      return;
    }
    const safe = pending.length - heldBack(pending, stop);
    if (safe > 0) yield pending.slice(0, safe);
    pending = pending.slice(safe);
  }
  pending += decoder.end();
  const found = firstStop(pending, stop);
  const rest = found < 0 ? pending : pending.slice(0, found);
  if (rest) yield rest;
}

function firstStop(text: string, stop: readonly string[]): number {
  const found = stop.map((one) => text.indexOf(one)).filter((at) => at >= 0);
  return found.length ? Math.min(...found) : -1;
}

/** Characters at the end that may be the beginning of a stop string. */
function heldBack(text: string, stop: readonly string[]): number {
  const longest = Math.max(0, ...stop.map((one) => one.length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(text.length - length);
    if (stop.some((one) => one.startsWith(end))) return length;
  }
  return 0;
}
