import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dnaTokenizer, loadTokenizer, reverseComplement, streamDecoder } from '../../src/tokenize/index.ts';

const bases = fc.string({ unit: fc.constantFrom(...'ACGTN') });

describe('dnaTokenizer', () => {
  it('decodes what it encodes', () => {
    const tokenizer = dnaTokenizer();
    fc.assert(fc.property(bases, (text) => tokenizer.decode(tokenizer.encode(text)) === text));
    expect(tokenizer.vocabSize).toBe(5);
  });

  it('reads soft masks, RNA, IUPAC codes and wrapped lines', () => {
    const tokenizer = dnaTokenizer();
    expect(tokenizer.decode(tokenizer.encode('acgu\r\n RYn\t'))).toBe('ACGTNNN');
  });

  it('refuses what is not a base, and where it is', () => {
    expect(() => dnaTokenizer().encode('ACGTE')).toThrow('dnaTokenizer.encode: "E" at position 4 is not a base');
    expect(() => dnaTokenizer().encode('A🐍')).toThrow('"🐍" at position 1 is not a base');
    expect(() => dnaTokenizer({ unknown: false }).encode('ACR')).toThrow('"R" at position 2 is an unknown base');
    expect(() => dnaTokenizer({ unknown: false }).decode([4])).toThrow('id is 4, expected 0 to 3');
  });

  it('comes back from its JSON', async () => {
    for (const unknown of [true, false]) {
      const tokenizer = dnaTokenizer({ unknown });
      const loaded = await loadTokenizer(JSON.parse(JSON.stringify(tokenizer)));
      expect([loaded.kind, loaded.vocabSize]).toEqual(['dna', tokenizer.vocabSize]);
    }
    expect(dnaTokenizer().toJSON()).toEqual({ type: 'mamba-ts/dna' });
  });

  it('writes bases one at a time', () => {
    const stream = streamDecoder(dnaTokenizer());
    expect([0, 4, 3].map((id) => stream.push(id)).join('') + stream.end()).toBe('ANT');
  });
});

describe('reverseComplement', () => {
  it('is the other strand, and twice the same', () => {
    const { encode, decode } = dnaTokenizer();
    expect(decode(reverseComplement(encode('AACGTN')))).toBe('NACGTT');
    fc.assert(fc.property(bases, (text) => decode(reverseComplement(reverseComplement(encode(text)))) === text));
  });
});
