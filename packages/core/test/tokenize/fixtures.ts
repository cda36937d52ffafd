/** Tiny Hugging Face tokenizers, written by hand: one byte-level, one with byte fallback. */

/** GPT-2's bytes_to_unicode, in the order in which its vocabularies list it. */
function byteAlphabet(): string[] {
  const printing = [...range(0x21, 0x7e), ...range(0xa1, 0xac), ...range(0xae, 0xff)];
  const others = range(0, 0xff).filter((byte) => !printing.includes(byte));
  const codes = [...printing, ...others.map((_, i) => 0x100 + i)];
  return codes.map((code) => String.fromCharCode(code));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function vocabOf(tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/** As GPT-NeoX has it: `<|endoftext|>` is 0. Ã© is é, ðŁ the first half of an emoji. */
export function byteLevelJson() {
  const merges = ['t h', 'th e', 'Ġ the', 'Ġ a', 'Ã ©', 'ð Ł', 'Ċ Ċ'];
  const tokens = ['<|endoftext|>', ...byteAlphabet(), ...merges.map((m) => m.replace(' ', ''))];
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      { id: 0, content: '<|endoftext|>', special: true, normalized: false },
      { id: tokens.length, content: '   ', special: false, normalized: true },
      { id: tokens.length + 1, content: 'é🐍', special: false, normalized: true },
    ],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: byteLevel,
    decoder: byteLevel,
    model: { type: 'BPE', unk_token: null, vocab: vocabOf(tokens), merges },
  };
}

/** As Llama 2 has it: ▁ for spaces, `<0xE2>` for bytes, a first space that decoding drops. */
export function byteFallbackJson() {
  const bytes = range(0, 0xff).map((b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
  const merges = ['▁ a', 'a b', '▁ ab'];
  const letters = ['▁', 'a', 'b', 'c'];
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...letters, ...merges.map(joined)];
  const space = { String: '▁' };
  return {
    version: '1.0',
    added_tokens: ['<unk>', '<s>', '</s>'].map((content, id) => ({ id, content, special: true })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: space, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      byte_fallback: true,
      vocab: vocabOf([...new Set(tokens)]),
      merges,
    },
  };
}

function joined(merge: string): string {
  return merge.replace(' ', '');
}
