import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateText } from '../../src/generate/generateText.ts';
import { byteTokenizer, charTokenizer, loadTokenizer, type Tokenizer } from '../../src/tokenize/index.ts';
import '../../../../test/support/random.ts';
import { byteLevelJson } from '../tokenize/fixtures.ts';
import { scriptedModel } from './scripted.ts';

/** What is shown of a script of tokens, piece by piece. */
async function shown(tokenizer: Tokenizer, tokens: readonly number[], options: object = {}, prompt = 'a') {
  const model = scriptedModel(tokens, tokenizer.vocabSize);
  const pieces: string[] = [];
  for await (const piece of generateText(model, tokenizer, prompt, {
    maxTokens: tokens.length,
    temperature: 0,
    ...options,
  })) {
    pieces.push(piece);
  }
  return pieces;
}

/** The text up to the stop string that is complete first, the longest of those. */
function untilStop(text: string, stop: readonly string[]): string {
  const real = stop.filter((one) => one !== '');
  for (let end = 1; end <= text.length; end++) {
    const complete = real.filter((one) => text.slice(0, end).endsWith(one));
    if (complete.length > 0) return text.slice(0, end - Math.max(...complete.map((one) => one.length)));
  }
  return text;
}

const loneSurrogates = /\p{Surrogate}/gu;
const letters = 'abcé€';
const text = fc.string({ unit: fc.constantFrom(...letters), maxLength: 24 });
const stops = fc.array(fc.string({ unit: fc.constantFrom(...'abcé'), maxLength: 4 }), { maxLength: 3 });

describe('generateText', () => {
  it.each<[string, Tokenizer]>([
    ['bytes', byteTokenizer()],
    ['characters', charTokenizer.fromText(letters)],
  ])('never shows a stop string in part, token by token: %s', async (_, tokenizer) => {
    await fc.assert(
      fc.asyncProperty(text, stops, async (text, stop) => {
        const pieces = await shown(tokenizer, tokenizer.encode(text), { stop });
        expect(pieces.join('')).toBe(untilStop(text, stop));
        expect(pieces).not.toContain('');
      }),
      { numRuns: 300 },
    );
  });

  it('never shows a stop string in part, where tokens are words', async () => {
    const tokenizer = await loadTokenizer(byteLevelJson());
    const say = (text: string, stop: string[]) => shown(tokenizer, tokenizer.encode(text), { stop });
    expect((await say(' the a the', ['e a'])).join('')).toBe(' th');
    expect((await say(' the', ['h'])).join('')).toBe(' t');
    expect((await say('the the', ['the'])).join('')).toBe('');
    expect((await say('the th', ['the t!'])).join('')).toBe('the th');
  });

  it('shows immediately what cannot belong to a stop string', async () => {
    const tokenizer = charTokenizer.fromText(letters);
    expect(await shown(tokenizer, tokenizer.encode('abcabé'), { stop: ['abé', 'zz'] })).toEqual(['abc']);
    expect(await shown(tokenizer, tokenizer.encode('cccab'), { stop: ['abé'] })).toEqual(['c', 'c', 'c', 'ab']);
  });

  it('does not stop at a stop string of the prompt', async () => {
    const tokenizer = charTokenizer.fromText(letters);
    const pieces = await shown(tokenizer, tokenizer.encode('cab'), { stop: ['ab', 'bc'] }, 'ab');
    expect(pieces.join('')).toBe('c');
  });

  it('shows whole characters only', async () => {
    const tokenizer = byteTokenizer();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 12 }), async (text) => {
        const clean = text.replace(loneSurrogates, '\ufffd');
        const pieces = await shown(tokenizer, tokenizer.encode(clean));
        expect(pieces.join('')).toBe(clean);
        for (const piece of pieces) {
          expect(piece).not.toMatch(loneSurrogates);
          expect(piece).not.toBe('');
        }
      }),
      { numRuns: 200 },
    );
    expect(await shown(tokenizer, tokenizer.encode('é🐍'))).toEqual(['é', '🐍']);
  });

  it('shows U+FFFD for bytes that are no character', async () => {
    const tokenizer = byteTokenizer();
    expect((await shown(tokenizer, [0x61, 0xff, 0x62])).join('')).toBe('a\ufffdb');
    expect((await shown(tokenizer, [0x61, 0xe2, 0x82])).join(''), 'cut off by maxTokens').toBe('a\ufffd');
  });

  it('joins characters across tokens of a tokenizer.json', async () => {
    const tokenizer = await loadTokenizer(byteLevelJson());
    const text = 'été 🐍🐙 the';
    const tokens = tokenizer.encode(text);
    expect(tokens.length, 'an emoji is several tokens').toBeGreaterThan(10);
    const pieces = await shown(tokenizer, tokens);
    expect(pieces.join('')).toBe(text);
    for (const piece of pieces) expect(piece).not.toContain('\ufffd');
  });

  it('ends at the end-of-document token', async () => {
    const tokenizer = await loadTokenizer(byteLevelJson());
    const tokens = [...tokenizer.encode('the'), tokenizer.eos!, ...tokenizer.encode(' the')];
    expect((await shown(tokenizer, tokens)).join('')).toBe('the');
    expect((await shown(tokenizer, tokens, { stopTokens: [] })).join('')).toContain(' the');
  });

  it('needs a prompt that the tokenizer knows', async () => {
    await expect(shown(byteTokenizer(), [1], {}, '')).rejects.toThrow('the prompt has no tokens');
    await expect(shown(charTokenizer.fromText('ab'), [1], {}, 'xyz')).rejects.toThrow(
      '"x" (U+0078) at position 0 is not one of the 2 known characters',
    );
  });
});
