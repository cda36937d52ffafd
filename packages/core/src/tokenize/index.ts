/** Tokenizers: bytes, characters, bases of DNA, samples of sound, and those of Hugging Face. */
export { byteTokenizer } from './byte.ts';
export { charTokenizer } from './char.ts';
export { type DnaOptions, dnaTokenizer, reverseComplement } from './dna.ts';
export { type HuggingfaceOptions, huggingfaceTokenizer } from './huggingface.ts';
export { loadTokenizer } from './load.ts';
export { MU_LAW_SIZE, muLawDecode, muLawEncode, muLawTokenizer } from './muLaw.ts';
export { type StreamDecoder, streamDecoder } from './stream.ts';
export type { Tokenizer } from './tokenizer.ts';
