import { chmod, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { charTokenizerOf } from '../../src/data/characters.ts';
import { PIECE, piecesOf } from '../../src/data/pieces.ts';
import { prepareTokens } from '../../src/data/prepare.ts';
import type { TokenStore } from '../../src/data/store.ts';
import { textData } from '../../src/data/textData.ts';
import { textSource } from '../../src/data/textSource.ts';
import { byteTokenizer } from '../../src/tokenize/byte.ts';
import { charTokenizer } from '../../src/tokenize/char.ts';
import { huggingfaceTokenizer } from '../../src/tokenize/huggingface.ts';
import type { Tokenizer } from '../../src/tokenize/tokenizer.ts';
import { byteLevelJson } from '../tokenize/fixtures.ts';
import { folderOf } from './folder.ts';

const bytes = byteTokenizer();

/** A standard input that gives one byte at a time. */
function inputOf(text: string): typeof process.stdin {
  const bytewise = Array.from(Buffer.from(text), (byte) => Buffer.of(byte));
  return Readable.from(bytewise) as unknown as typeof process.stdin;
}

async function textOf(store: TokenStore, tokenizer: Tokenizer = bytes): Promise<string> {
  return tokenizer.decode([...(await store.read(0, store.length))]);
}

describe('textData', () => {
  it('keeps documents apart by eos, and where they start', async () => {
    const tokenizer = await huggingfaceTokenizer(byteLevelJson());
    const store = await textData(['ab', '', 'cd'], tokenizer);
    expect(await textOf(store, tokenizer)).toBe('ab<|endoftext|>cd');
    expect([...(store.documents ?? [])]).toEqual([0, 3]);
  });

  it('refuses an empty text and an unknown character', async () => {
    await expect(textData('', bytes)).rejects.toThrow('data: the text is empty, expected text.');
    await expect(textData(['a', 'ab'], charTokenizer(['a']), 'book')).rejects.toThrow(
      'data: book, document 1: charTokenizer.encode: "b" (U+0062) at position 1',
    );
  });
});

describe('piecesOf', () => {
  const collect = async (chunks: readonly string[]) => {
    const pieces: string[] = [];
    for await (const piece of piecesOf(
      (async function* () {
        yield* chunks;
      })(),
    )) {
      pieces.push(piece);
    }
    return pieces;
  };

  it('cuts a long text where the tokenizer would, whatever the chunks', async () => {
    const tokenizer = await huggingfaceTokenizer(byteLevelJson());
    const text = 'the élan  of a 🐍, the\r\n\nend.\n'.repeat(PIECE / 16);
    const pieces = await collect([text.slice(0, 1000), text.slice(1000, 9e5), text.slice(9e5)]);
    expect(pieces.length).toBeGreaterThan(1);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(PIECE);
    expect(pieces.join('')).toBe(text);
    expect(pieces.flatMap((piece) => tokenizer.encode(piece))).toEqual(tokenizer.encode(text));
  });

  it('cuts what has no words at a line end, or between characters', async () => {
    const lines = '...\n'.repeat(PIECE / 2);
    for (const piece of await collect([lines])) expect(piece.endsWith('\n')).toBe(true);
    const snakes = `x${'🐍'.repeat(PIECE)}`;
    const pieces = await collect([snakes]);
    expect(pieces.join('')).toBe(snakes);
    // Throws where a surrogate pair was split.
    for (const piece of pieces) expect(() => encodeURIComponent(piece)).not.toThrow();
  });
});

describe('prepareTokens', () => {
  it('reads a folder in a fixed order, and JSONL line by line', async () => {
    const folder = await folderOf({
      'b.txt': 'second',
      'B.md': 'first',
      'c/records.jsonl': '{"text":"third"}\r\n\n{"text":"fourth"}',
      'c/.hidden.txt': 'no',
      'image.png': 'no',
    });
    await symlink(join(folder, 'b.txt'), join(folder, 'z.txt'));
    const store = await prepareTokens(folder, bytes);
    expect(await textOf(store)).toBe('firstsecondthirdfourthsecond');
    expect([...(store.documents ?? [])]).toEqual([0, 5, 11, 16, 22]);
  });

  it('reads several paths in their order, and another field', async () => {
    const folder = await folderOf({ 'a.jsonl': '{"body":"x"}', 'b.txt': '\ufeffy' });
    const paths = [join(folder, 'b.txt'), join(folder, 'a.jsonl')];
    expect(await textOf(await prepareTokens(paths, bytes, { field: 'body' }))).toBe('yx');
  });

  it('reads the standard input, as text or as JSONL', async () => {
    const stdin = vi.spyOn(process, 'stdin', 'get');
    onTestFinished(() => stdin.mockRestore());
    const pipe = (text: string) => stdin.mockReturnValue(inputOf(text));
    pipe('plain é');
    expect(await textOf(await prepareTokens('-', bytes))).toBe('plain é');
    pipe('{"text":"a"}\n{"text":"b"}');
    const store = await prepareTokens('-', bytes, { jsonl: true });
    expect([...(store.documents ?? [])]).toEqual([0, 1]);
    const cacheFolder = join(await folderOf(), 'cache');
    for (const text of ['one', 'two']) {
      pipe(text);
      expect(await textOf(await prepareTokens('-', bytes, { cacheFolder }))).toBe(text);
    }
    pipe('');
    await expect(prepareTokens('-', bytes)).rejects.toThrow('the standard input is empty');
  });

  it('gives the same store from memory, from a cache and from disk', async () => {
    const folder = await folderOf();
    const path = join(folder, 'a.jsonl');
    const tokenizer = await huggingfaceTokenizer(byteLevelJson());
    const cacheFolder = join(folder, 'cache');
    const texts = fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(texts, async (list) => {
        await writeFile(path, list.map((text) => `${JSON.stringify({ text })}\n`).join(''));
        const memory = await textData(list, tokenizer);
        const cached = await prepareTokens(path, tokenizer, { cacheFolder });
        const disk = await prepareTokens(path, tokenizer, { cacheFolder, memoryLimit: 0 });
        for (const store of [cached, disk]) {
          expect(store.documents).toEqual(memory.documents);
          expect(await store.read(0, store.length)).toEqual(await memory.read(0, memory.length));
          await store.close();
        }
      }),
      { numRuns: 10 },
    );
  });

  it('encodes once, and again when the file or the tokenizer is another', async () => {
    const folder = await folderOf({ 'a.txt': 'banana' });
    const path = join(folder, 'a.txt');
    const cacheFolder = join(folder, 'cache');
    let encoded = 0;
    const onProgress = () => encoded++;
    const prepare = (tokenizer: Tokenizer) => prepareTokens(path, tokenizer, { cacheFolder, onProgress });
    await prepare(bytes);
    await prepare(bytes);
    expect(encoded).toBe(1);
    const files = (await readdir(cacheFolder)).map((name) => name.replace(/^[^.]*/, ''));
    expect(files.sort()).toEqual(['.bin', '.documents', '.json']);
    await prepare(charTokenizer(['a', 'b', 'n']));
    expect(encoded).toBe(2);
    await writeFile(path, 'bandit');
    await utimes(path, 1, 1);
    expect(await textOf(await prepare(bytes))).toBe('bandit');
    for (const name of await readdir(cacheFolder)) {
      if (name.endsWith('.bin')) await writeFile(join(cacheFolder, name), 'cut');
    }
    expect(await textOf(await prepare(bytes))).toBe('bandit');
  });

  it('keeps characters whole that lie across two chunks of a file', async () => {
    const text = `x${'€'.repeat(2 ** 18)}`;
    const folder = await folderOf({ 'a.txt': text });
    const store = await prepareTokens(join(folder, 'a.txt'), bytes);
    expect((await textOf(store)) === text).toBe(true);
    const tokenizer = await charTokenizerOf(textSource(join(folder, 'a.txt')));
    expect(tokenizer.encode('€x')).toEqual([1, 0]);
  });

  it('opens a .bin as it is', async () => {
    const folder = await folderOf({
      'train.bin': new Uint8Array(Uint16Array.of(1, 2, 255).buffer),
      'train.u32.bin': new Uint8Array(Uint32Array.of(1, 2, 255).buffer),
      'odd.bin': Uint8Array.of(1, 0, 2),
      'empty.bin': '',
      'big.bin': new Uint8Array(Uint16Array.of(1, 256).buffer),
    });
    const prepare = (name: string, memoryLimit?: number) => prepareTokens(join(folder, name), bytes, { memoryLimit });
    for (const name of ['train.bin', 'train.u32.bin']) {
      expect([...(await (await prepare(name)).read(0, 3))]).toEqual([1, 2, 255]);
    }
    await expect(prepare('odd.bin')).rejects.toThrow('has 3 bytes, expected a multiple of 2');
    await expect(prepare('empty.bin')).rejects.toThrow('empty.bin is empty');
    const tooBig = 'big.bin has id 256 at token 1, expected ids below the vocabulary size 256.';
    await expect(prepare('big.bin')).rejects.toThrow(tooBig);
    const disk = await prepare('big.bin', 0);
    expect([...(await disk.read(0, 1))]).toEqual([1]);
    await expect(disk.read(0, 2)).rejects.toThrow(tooBig);
    await disk.close();
    const two = [join(folder, 'train.bin'), join(folder, 'a.txt')];
    await expect(prepareTokens(two, bytes)).rejects.toThrow('expected a .bin file alone');
  });

  it('writes what nanoGPT reads', async () => {
    const folder = await folderOf({ 'a.txt': 'ab' });
    const cacheFolder = join(folder, 'cache');
    await prepareTokens(join(folder, 'a.txt'), bytes, { cacheFolder });
    const name = (await readdir(cacheFolder)).find((file) => file.endsWith('.bin')) ?? '';
    expect([...(await readFile(join(cacheFolder, name)))]).toEqual([0x61, 0, 0x62, 0]);
  });

  it('says what is wrong with a file, and where', async () => {
    const folder = await folderOf({
      'latin.txt': Uint8Array.of(...new TextEncoder().encode('é'.repeat(5)), 0xe9, 0x20),
      'cut.txt': Uint8Array.of(0x61, 0xe2, 0x82),
      'utf16.txt': Uint8Array.of(0xff, 0xfe, 0x61, 0),
      'far.txt': Uint8Array.from({ length: 2 ** 18 + 9 }, (_, i) => (i === 2 ** 18 + 3 ? 0x80 : 65)),
      'empty.txt': '',
      'bad.jsonl': '{"text":"a"}\nplain words',
      'lacks.jsonl': '{"text":"a"}\n\n{"title":"b","n":1}',
      'number.jsonl': '{"text":1}',
      'sub/x.png': '',
    });
    const failure = (name: string) =>
      prepareTokens(join(folder, name), bytes).then(
        () => 'no error',
        (error: Error) => error.message,
      );
    expect(await failure('latin.txt')).toContain(
      'latin.txt has byte 0xE9 at offset 10, expected UTF-8 text. Convert it, e.g. iconv -f LATIN1',
    );
    expect(await failure('cut.txt')).toContain('cut.txt has byte 0xE2 at offset 1,');
    expect(await failure('utf16.txt')).toContain('at offset 0, expected UTF-8 text. It looks like');
    expect(await failure('far.txt')).toContain(`has byte 0x80 at offset ${2 ** 18 + 3},`);
    expect(await failure('empty.txt')).toContain('empty.txt is empty, expected text.');
    expect(await failure('bad.jsonl')).toContain(
      'bad.jsonl, line 2 is not JSON: it starts "plain words", expected one object a line',
    );
    expect(await failure('lacks.jsonl')).toContain(
      'lacks.jsonl, line 3: field "text" is missing, expected a string. ' +
        'The record has ["title","n"]; name the key with the field option.',
    );
    expect(await failure('number.jsonl')).toContain('field "text" is 1, expected a string.');
    expect(await failure('none.txt')).toContain(`data: there is no ${join(folder, 'none.txt')}.`);
    expect(await failure('sub')).toContain('has no files to read, expected .txt, .text, .md');
    expect(() => textSource([])).toThrow('got no paths');
    await expect(
      prepareTokens(join(folder, 'bad.jsonl'), bytes, { cacheFolder: join(folder, 'cache') }),
    ).rejects.toThrow('line 2 is not JSON');
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0)('says that a file may not be read', async () => {
    const folder = await folderOf({ 'a.txt': 'a' });
    await chmod(join(folder, 'a.txt'), 0);
    await expect(prepareTokens(join(folder, 'a.txt'), bytes)).rejects.toThrow('may not be read');
  });

  it('asks for a cache folder where memory does not suffice', async () => {
    const folder = await folderOf({ 'a.txt': 'abcdef' });
    const path = join(folder, 'a.txt');
    await expect(prepareTokens(path, bytes, { memoryLimit: 10 })).rejects.toThrow(
      'has more than 10 bytes of tokens, the most that are kept in memory. ' + 'Give prepareTokens a cacheFolder',
    );
  });
});
