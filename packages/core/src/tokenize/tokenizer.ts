/**
 * The interface of all tokenizers: text to token ids and back.
 *
 * @example
 * const ids = tokenizer.encode('Mamba reads on.');
 * tokenizer.decode(ids);                            // 'Mamba reads on.'
 */
export interface Tokenizer {
  readonly kind: 'byte' | 'char' | 'dna' | 'muLaw' | 'huggingface';
  /** Sound only: samples per second (Hz). Default: the rate of each file. */
  readonly sampleRate?: number;
  /** Ids are 0 … vocabSize − 1. A model may have more rows than that (padding); those are never sampled. */
  readonly vocabSize: number;
  /** The id that ends a document, if the vocabulary has one. */
  readonly eos?: number;
  /** The ids of the text alone: no token is added before or after it. Throws UsageError for text it cannot encode. */
  encode(text: string): number[];
  /** The text of the ids, special tokens included. Throws UsageError for an id outside of the vocabulary. */
  decode(ids: readonly number[]): string;
  /** The bytes of the ids, for tokenizers whose tokens are runs of bytes. */
  decodeBytes?(ids: readonly number[]): Uint8Array;
  /** Plain JSON that `loadTokenizer` reads: the content of tokenizer.json. */
  toJSON(): unknown;
}
