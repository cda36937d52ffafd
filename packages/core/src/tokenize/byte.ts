/**
 * One token per UTF-8 byte: a vocabulary of 256 that encodes any text in any language.
 *
 *   byteTokenizer().encode('é');  // [0xc3, 0xa9]
 */

import { textOf } from '../input/utf8.ts';
import { checkId } from './ids.ts';
import type { Tokenizer } from './tokenizer.ts';

export const BYTE_TYPE = 'mamba-ts/byte';

const VOCAB_SIZE = 256;

/** The byte tokenizer: id = byte. Bytes that are not valid UTF-8 decode to U+FFFD. */
export function byteTokenizer(): Tokenizer {
  const encoder = new TextEncoder();
  const decodeBytes = (ids: readonly number[]) => {
    for (const id of ids) checkId(id, VOCAB_SIZE, 'byteTokenizer.decode');
    return Uint8Array.from(ids);
  };
  return {
    kind: 'byte',
    vocabSize: VOCAB_SIZE,
    encode: (text) => Array.from(encoder.encode(text)),
    decode: (ids) => textOf(decodeBytes(ids)),
    decodeBytes,
    toJSON: () => ({ type: BYTE_TYPE }),
  };
}
