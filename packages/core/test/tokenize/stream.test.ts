import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstInvalid, incompleteTail } from '../../src/input/utf8.ts';
import { byteTokenizer } from '../../src/tokenize/byte.ts';
import { charTokenizer } from '../../src/tokenize/char.ts';
import { huggingfaceTokenizer } from '../../src/tokenize/huggingface.ts';
import { streamDecoder } from '../../src/tokenize/stream.ts';
import type { Tokenizer } from '../../src/tokenize/tokenizer.ts';
import { byteFallbackJson, byteLevelJson } from './fixtures.ts';

const tokenizers: [string, () => Promise<Tokenizer> | Tokenizer][] = [
  ['byte', byteTokenizer],
  ['char', () => charTokenizer.fromText('the a é🐍')],
  ['byte-level BPE', () => huggingfaceTokenizer(byteLevelJson())],
  ['BPE with byte fallback', () => huggingfaceTokenizer(byteFallbackJson())],
];

describe.each(tokenizers)('streamDecoder over %s', (_, make) => {
  it('gives, joined, what decode gives', async () => {
    const tokenizer = await make();
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 40 });
    const stream = streamDecoder(tokenizer);
    fc.assert(
      fc.property(ids, (i) => {
        const text = i.map((id) => stream.push(id)).join('') + stream.end();
        expect(text).toBe(tokenizer.decode(i));
      }),
      { numRuns: 300 },
    );
  });

  it('gives only whole characters of a well-formed text', async () => {
    const tokenizer = await make();
    const word = fc.constantFrom('a', 'the', ' ', 'é', '🐍', 'é🐍');
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const stream = streamDecoder(tokenizer);
        const pushed = tokenizer.encode(words.join('')).map((id) => stream.push(id));
        for (const text of pushed) {
          expect(text).not.toContain('\ufffd');
          // Throws where half a surrogate pair is.
          expect(() => encodeURIComponent(text)).not.toThrow();
        }
        expect(stream.end()).toBe('');
      }),
    );
  });
});

describe('streamDecoder', () => {
  it('holds an emoji until its last byte', () => {
    const stream = streamDecoder(byteTokenizer());
    expect([0xf0, 0x9f, 0x90, 0x8d].map((byte) => stream.push(byte))).toEqual(['', '', '', '🐍']);
    expect(stream.push(0xf0)).toBe('');
    expect(stream.end()).toBe('\ufffd');
    expect(stream.push(0x61)).toBe('a');
  });
});

describe('UTF-8', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 6 }).map((text) => new TextEncoder().encode(text)),
    fc
      .array(fc.constantFrom(0x41, 0x80, 0xa0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0x90))
      .map((list) => Uint8Array.from(list)),
  );

  it('is refused exactly where TextDecoder refuses it', () => {
    const decodes = (part: Uint8Array) => {
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(part);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(bytes, (b) => {
        const at = firstInvalid(b);
        expect(at === -1).toBe(decodes(b));
        if (at >= 0) expect(decodes(b.subarray(0, at))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('may be cut before an incomplete tail', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const all = new TextDecoder().decode(Uint8Array.of(0x41, ...a, ...b));
        const cut = a.length - incompleteTail(a);
        const first = new TextDecoder().decode(Uint8Array.of(0x41, ...a.subarray(0, cut)));
        const second = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.of(...a.subarray(cut), ...b));
        expect(incompleteTail(a)).toBeLessThan(4);
        if (incompleteTail(a) > 0) expect(first + second).toBe(all);
      }),
      { numRuns: 500 },
    );
  });
});
