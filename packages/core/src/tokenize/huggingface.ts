/**
 * A Hugging Face `tokenizer.json` (BPE, WordPiece, Unigram), run by @huggingface/tokenizers.
 * That library is loaded only when such a tokenizer is opened.
 *
 *   const tokenizer = await huggingfaceTokenizer(json);
 */

import type { Tokenizer as HuggingfaceTokenizer } from '@huggingface/tokenizers';
import { UsageError } from '../errors.ts';
import { textOf } from '../input/utf8.ts';
import { checkId } from './ids.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface HuggingfaceOptions {
  /**
   * The token that ends a document: `eos_token` in tokenizer_config.json.
   * Default: the first of `<|endoftext|>`, `</s>`, `<eos>`, `<|end_of_text|>` that is a special token.
   */
  eos?: string;
}

const USUAL_EOS = ['<|endoftext|>', '</s>', '<eos>', '<|end_of_text|>'];

/** Keys that the library requires and that files may omit. */
const ABSENT = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
};

/**
 * The tokenizer of a parsed tokenizer.json. Encodes as `AutoTokenizer` does with add_special_tokens=False.
 * Throws UsageError if the JSON is not a tokenizer.json, or if `eos` is not in its vocabulary.
 */
export async function huggingfaceTokenizer(json: unknown, options: HuggingfaceOptions = {}): Promise<Tokenizer> {
  if (typeof json !== 'object' || json === null || !('model' in json)) {
    throw new UsageError(
      'huggingfaceTokenizer',
      'the JSON has no "model", expected the parsed tokenizer.json of a ' +
        'Hugging Face model (not tokenizer_config.json).',
    );
  }
  const inner = await construct(json);
  const vocabSize = inner.model?.vocab.length ?? 0;
  const eos = findEos(inner, options.eos);
  const common = {
    kind: 'huggingface' as const,
    vocabSize,
    ...(eos === undefined ? {} : { eos }),
    encode: (text: string) => (text === '' ? [] : inner.encode(text, { add_special_tokens: false }).ids),
    toJSON: () => json,
  };
  if (isByteLevel(json)) {
    const bytesOf = byteLevelBytes(inner);
    const decodeBytes = (ids: readonly number[]) => {
      for (const id of ids) checkId(id, vocabSize, 'huggingfaceTokenizer.decode');
      return Uint8Array.from(ids.flatMap(bytesOf));
    };
    return { ...common, decode: (ids) => textOf(decodeBytes(ids)), decodeBytes };
  }
  return {
    ...common,
    decode(ids) {
      for (const id of ids) checkId(id, vocabSize, 'huggingfaceTokenizer.decode');
      return ids.length === 0 ? '' : inner.decode([...ids]);
    },
  };
}

async function construct(json: object): Promise<HuggingfaceTokenizer> {
  const library = await import('@huggingface/tokenizers');
  try {
    // Cleaning up " ." to "." is for old BERT models and would make decoding lossy.
    const config = { clean_up_tokenization_spaces: false };
    return new library.Tokenizer({ ...ABSENT, ...json }, config);
  } catch (error) {
    throw new UsageError(
      'huggingfaceTokenizer',
      `the JSON is not a usable tokenizer.json: ` +
        `${error instanceof Error ? error.message : error}. Save it again with a current ` +
        'version of tokenizers (tokenizer.save), or download it again.',
      { cause: error },
    );
  }
}

function findEos(inner: HuggingfaceTokenizer, wanted: string | undefined): number | undefined {
  if (wanted === undefined) {
    const special = new Map<string, number>();
    for (const [id, token] of inner.get_added_tokens_decoder()) special.set(token.content, id);
    const name = USUAL_EOS.find((usual) => special.has(usual));
    return name === undefined ? undefined : special.get(name);
  }
  const id = inner.token_to_id(wanted);
  if (id !== undefined) return id;
  throw new UsageError(
    'huggingfaceTokenizer',
    `eos is ${JSON.stringify(wanted)}, expected a token of the vocabulary. ` +
      'See eos_token in tokenizer_config.json.',
  );
}

function isByteLevel(json: object): boolean {
  const { decoder, model } = json as {
    decoder?: { type?: unknown } | null;
    model: { end_of_word_suffix?: unknown };
  };
  return decoder?.type === 'ByteLevel' && !model.end_of_word_suffix;
}

/** The inverse of GPT-2's bytes_to_unicode: byte-level BPE writes each byte as a visible character. */
function byteLevelBytes(inner: HuggingfaceTokenizer): (id: number) => number[] {
  const byteOf = byteLevelAlphabet();
  const added = inner.get_added_tokens_decoder();
  const encoder = new TextEncoder();
  return (id) => {
    const token = inner.id_to_token(id) ?? '';
    const bytes = added.has(id) ? [undefined] : [...token].map((c) => byteOf.get(c));
    const known = bytes.filter((byte) => byte !== undefined);
    return known.length === bytes.length ? known : Array.from(encoder.encode(token));
  };
}

/** Printable Latin-1 bytes are their own characters; the others are U+0100, U+0101, … in order. */
function byteLevelAlphabet(): Map<string, number> {
  const alphabet = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const prints = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    alphabet.set(String.fromCharCode(prints ? byte : next++), byte);
  }
  return alphabet;
}
