/** Tokenizers: bytes, characters, bases, and what Hugging Face has. */
export { byteTokenizer } from './byte.ts';
export { charTokenizer } from './char.ts';
export { type DnaOptions, dnaTokenizer, reverseComplement } from './dna.ts';
export { type HuggingfaceOptions, huggingfaceTokenizer } from './huggingface.ts';
export { MU_LAW_SIZE, muLawDecode, muLawEncode, muLawTokenizer } from './muLaw.ts';
export { type StreamDecoder, streamDecoder } from './stream.ts';
export { loadTokenizer, type Tokenizer } from './tokenizer.ts';
