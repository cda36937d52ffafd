/**
 * Decodes text while it is generated: ids go in one at a time, and only complete characters come out.
 *
 *   const stream = streamDecoder(tokenizer);
 *   for await (const { token } of generate(…)) write(stream.push(token));
 *   write(stream.end());
 *
 * The pieces joined equal `tokenizer.decode` of all ids.
 */

import { incompleteTail, joinBytes, textOf } from '../input/utf8.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface StreamDecoder {
  /** The text that is now complete; '' in the middle of a character. */
  push(id: number): string;
  /** The remaining text, with U+FFFD for an incomplete character. The decoder can then be used again. */
  end(): string;
}

/** A decoder for one stream of ids of any tokenizer. */
export function streamDecoder(tokenizer: Tokenizer): StreamDecoder {
  if (tokenizer.decodeBytes) return byteStream((id) => tokenizer.decodeBytes?.([id]));
  if (tokenizer.kind === 'char') return { push: (id) => tokenizer.decode([id]), end: () => '' };
  return windowStream(tokenizer);
}

/** Tokens are bytes: a character that has begun is held until it is complete. */
function byteStream(bytesOf: (id: number) => Uint8Array | undefined): StreamDecoder {
  let held = new Uint8Array();
  return {
    push(id) {
      const bytes = joinBytes(held, bytesOf(id) ?? new Uint8Array());
      const cut = bytes.length - incompleteTail(bytes);
      held = bytes.slice(cut);
      return textOf(bytes.subarray(0, cut));
    },
    end() {
      const text = textOf(held);
      held = new Uint8Array();
      return text;
    },
  };
}

/**
 * The text of a token depends on its neighbours (a dropped first space, byte-fallback tokens): decodes the
 * last few tokens with and without the new one, and takes the difference.
 */
function windowStream(tokenizer: Tokenizer): StreamDecoder {
  let shown: number[] = [];
  let pending: number[] = [];
  const added = () => tokenizer.decode([...shown, ...pending]).slice(tokenizer.decode(shown).length);
  return {
    push(id) {
      pending.push(id);
      const text = added();
      if (text === '' || text.endsWith('\ufffd')) return '';
      shown = pending;
      pending = [];
      return text;
    },
    end() {
      const text = added();
      shown = [];
      pending = [];
      return text;
    },
  };
}
