/** Generates text with a model: whole characters only, and never a part of a stop string. */
import type { LanguageModel } from '../models/languageModel.ts';
import { streamDecoder } from '../tokenize/stream.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { type GenerateOptions, generate } from './generate.ts';

export interface GenerateTextOptions extends GenerateOptions {
  /** Generation ends before the first of these texts. Default: none. */
  stop?: readonly string[];
}

/**
 * Yields the text after the prompt while it is generated, in pieces of whole characters.
 *
 * Generation ends at the tokenizer's end-of-document token, unless `stopTokens` are given. Throws UsageError as
 * generate() does, and for a prompt that the tokenizer cannot encode.
 *
 * @example
 * const options = { maxTokens: 300, temperature: 0.8, stop: ['\n\n'] };
 * for await (const text of generateText(model, tokenizer, 'ROMEO:', options)) process.stdout.write(text);
 */
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
    const certain = pending.length - possibleStop(pending, stop);
    if (certain > 0) yield pending.slice(0, certain);
    pending = pending.slice(certain);
  }
  pending += decoder.end();
  const found = firstStop(pending, stop);
  const rest = found < 0 ? pending : pending.slice(0, found);
  if (rest) yield rest;
}

/** The index of the first stop string in the text, or −1. */
function firstStop(text: string, stop: readonly string[]): number {
  const found = stop.map((end) => text.indexOf(end)).filter((at) => at >= 0);
  return found.length ? Math.min(...found) : -1;
}

/** The number of characters at the end that may be the beginning of a stop string. */
function possibleStop(text: string, stop: readonly string[]): number {
  const longest = Math.max(0, ...stop.map((end) => end.length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const tail = text.slice(text.length - length);
    if (stop.some((end) => end.startsWith(tail))) return length;
  }
  return 0;
}
