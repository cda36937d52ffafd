/**
 * Text while it is generated: ids go in one at a time, and only complete characters come out.
 *
 *   const stream = streamDecoder(tokenizer);
 *   for await (const { token } of generate(…)) write(stream.push(token));
 *   write(stream.end());
 *
 * All that comes out, joined, is `decode` of all that went in.
 */
import type { Tokenizer } from './tokenizer.ts';
import { incompleteTail, joinBytes, textOf } from './utf8.ts';

export interface StreamDecoder {
  /** The text that is certain now, often '' in the middle of a character. */
  push(id: number): string;
  /** What was held back. The decoder is then as new. */
  end(): string;
}

/** A decoder of one stream of ids. */
export function streamDecoder(tokenizer: Tokenizer): StreamDecoder {
  if (tokenizer.decodeBytes) return byteStream((id) => tokenizer.decodeBytes?.([id]));
  if (tokenizer.kind === 'char') return { push: (id) => tokenizer.decode([id]), end: () => '' };
  return windowStream(tokenizer);
}

/** Tokens are bytes: hold back a character that has begun. */
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
 * Tokens are text that depends on its neighbours (a first space that is dropped, byte-fallback
 * tokens): decode the last few with and without the new one, and take what it adds.
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
