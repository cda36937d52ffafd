import { Tokenizer as HuggingfaceTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteTokenizer } from '../../src/tokenize/byte.ts';
import { charTokenizer } from '../../src/tokenize/char.ts';
import { huggingfaceTokenizer } from '../../src/tokenize/huggingface.ts';
import { loadTokenizer } from '../../src/tokenize/load.ts';
import { byteFallbackJson, byteLevelJson } from './fixtures.ts';

const unicode = fc.string({ unit: 'binary', maxLength: 40 });

describe('byteTokenizer', () => {
  it('reads UTF-8 bytes', () => {
    const tokenizer = byteTokenizer();
    expect(tokenizer.encode('aé')).toEqual([0x61, 0xc3, 0xa9]);
    expect(tokenizer.vocabSize).toBe(256);
    expect(tokenizer.eos).toBeUndefined();
  });

  it('decodes what it encodes', () => {
    const tokenizer = byteTokenizer();
    fc.assert(fc.property(unicode, (text) => tokenizer.decode(tokenizer.encode(text)) === text));
    expect(tokenizer.decode(tokenizer.encode('\ufeffx'))).toBe('\ufeffx');
  });

  it('refuses id 256', () => {
    expect(() => byteTokenizer().decode([65, 256])).toThrow('byteTokenizer.decode: id is 256, expected 0 to 255.');
  });
});

describe('charTokenizer', () => {
  it('sorts the characters of a text by code point', () => {
    const tokenizer = charTokenizer.fromText('z🐍a\ufb01z');
    expect(tokenizer.toJSON()).toEqual({
      type: 'mamba-ts/char',
      characters: ['a', 'z', '\ufb01', '🐍'],
    });
    expect(tokenizer.encode('🐍z')).toEqual([3, 1]);
  });

  it('decodes every text that it was made from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const tokenizer = charTokenizer.fromText(text);
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  it('names the character that it does not know, and where it is', () => {
    expect(() => charTokenizer.fromText('ab🐍').encode('🐍b€')).toThrow(
      'charTokenizer.encode: "€" (U+20AC) at position 3 is not one of the 3 known characters.',
    );
  });

  it('refuses doubles, pairs and nothing', () => {
    expect(() => charTokenizer(['a', 'b', 'a'])).toThrow('"a" occurs twice, at 0 and at 2');
    expect(() => charTokenizer(['a', 'bc'])).toThrow('characters[1] is "bc", expected exactly one');
    expect(() => charTokenizer([])).toThrow('got no characters');
    expect(() => charTokenizer.fromText('')).toThrow('the text is empty');
    expect(() => charTokenizer(['a']).decode([1])).toThrow('id is 1, expected 0 to 0');
  });
});

describe('huggingfaceTokenizer', () => {
  it('merges as byte-level BPE does', async () => {
    const json = byteLevelJson();
    const { vocab } = json.model as { vocab: Record<string, number> };
    const tokenizer = await huggingfaceTokenizer(json);
    expect(tokenizer.encode('the a é')).toEqual([vocab.the, vocab.Ġa, vocab.Ġ, vocab['Ã©']]);
    expect(tokenizer.encode('x<|endoftext|>')).toEqual([vocab.x, 0]);
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.vocabSize).toBe(Object.keys(vocab).length + 2);
    expect(tokenizer.eos).toBe(0);
  });

  it('decodes every text, at byte level', async () => {
    const tokenizer = await huggingfaceTokenizer(byteLevelJson());
    const text = fc.oneof(unicode, fc.string({ unit: fc.constantFrom(' ', 'the', 'é', '🐍', '.') }));
    fc.assert(fc.property(text, (t) => tokenizer.decode(tokenizer.encode(t)) === t));
    expect(tokenizer.decode(tokenizer.encode('a . b , c'))).toBe('a . b , c');
  });

  it.each([
    ['byte level', byteLevelJson],
    ['byte fallback', byteFallbackJson],
  ])('decodes any ids as the library does: %s', async (_, json) => {
    const tokenizer = await huggingfaceTokenizer(json());
    const library = new HuggingfaceTokenizer(json(), { clean_up_tokenization_spaces: false });
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { minLength: 1, maxLength: 24 });
    fc.assert(fc.property(ids, (i) => tokenizer.decode(i) === library.decode(i)));
  });

  it('finds the end of a document, or takes it from the options', async () => {
    expect((await huggingfaceTokenizer(byteFallbackJson())).eos).toBe(2);
    expect((await huggingfaceTokenizer(byteFallbackJson(), { eos: '<s>' })).eos).toBe(1);
    await expect(huggingfaceTokenizer(byteFallbackJson(), { eos: '<end>' })).rejects.toThrow(
      'huggingfaceTokenizer: eos is "<end>", expected a token of the vocabulary.',
    );
  });

  it('refuses what is no tokenizer.json', async () => {
    await expect(huggingfaceTokenizer({ tokenizer_class: 'GPTNeoX' })).rejects.toThrow(
      'huggingfaceTokenizer: the JSON has no "model"',
    );
    await expect(huggingfaceTokenizer({ model: { type: 'Nonsense' } })).rejects.toThrow(
      'huggingfaceTokenizer: the JSON is not a usable tokenizer.json',
    );
  });

  it('refuses an id of the padded rows', async () => {
    const tokenizer = await huggingfaceTokenizer(byteLevelJson());
    const { vocabSize } = tokenizer;
    expect(() => tokenizer.decode([vocabSize])).toThrow(`id is ${vocabSize}, expected 0 to ${vocabSize - 1}.`);
  });
});

describe('loadTokenizer', () => {
  it('loads each kind from its own JSON', async () => {
    const kinds = [byteTokenizer(), charTokenizer.fromText('the a é'), await huggingfaceTokenizer(byteLevelJson())];
    for (const tokenizer of kinds) {
      const loaded = await loadTokenizer(JSON.parse(JSON.stringify(tokenizer)));
      expect(loaded.kind).toBe(tokenizer.kind);
      expect(loaded.vocabSize).toBe(tokenizer.vocabSize);
      expect(loaded.eos).toBe(tokenizer.eos);
      expect(loaded.encode('the a é')).toEqual(tokenizer.encode('the a é'));
    }
  });

  it('passes the JSON of Hugging Face through', async () => {
    expect((await loadTokenizer(byteLevelJson())).toJSON()).toEqual(byteLevelJson());
  });

  it('refuses what it does not know', async () => {
    await expect(loadTokenizer({ type: 'mamba-ts/word' })).rejects.toThrow(
      'loadTokenizer: type is "mamba-ts/word" and there is no "model", expected "mamba-ts/byte"',
    );
    await expect(loadTokenizer(null)).rejects.toThrow('loadTokenizer: got null');
    await expect(loadTokenizer({ type: 'mamba-ts/char', characters: 'ab' })).rejects.toThrow(
      'loadTokenizer: characters is not a list of strings',
    );
  });
});
