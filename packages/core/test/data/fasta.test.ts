import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepareTokens } from '../../src/data/prepare.ts';
import { type FastaAlphabet, fastaRecords } from '../../src/formats/fasta.ts';
import { gunzipped } from '../../src/formats/gzip.ts';
import { byteTokenizer, dnaTokenizer } from '../../src/tokenize/index.ts';
import { inChunks, outcome, sizes, textChunks } from './chunks.ts';
import { folderOf } from './folder.ts';

async function read(text: string, cuts: readonly number[] = [], alphabet: FastaAlphabet = 'dna') {
  const records: [string, string, string][] = [];
  for await (const { name, description, sequence } of fastaRecords(textChunks(text, cuts), 'x.fa', alphabet)) {
    let whole = '';
    for await (const part of sequence) whole += part;
    records.push([name, description, whole]);
  }
  return records;
}

const record = fc.record({
  name: fc.stringMatching(/^[a-z0-9|._]{1,8}$/),
  description: fc.stringMatching(/^([a-z>;]+( [a-z>]+)?)?$/),
  sequence: fc.string({ unit: fc.constantFrom(...'ACGTN'), maxLength: 60 }),
  width: fc.integer({ min: 1, max: 70 }),
});

describe('fastaRecords', () => {
  it('gives back what was written, wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record), fc.constantFrom('\n', '\r\n'), sizes, async (records, end, cuts) => {
        const text = records
          .map(({ name, description, sequence, width }) => {
            const lines = sequence.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
            return [`>${name} ${description}`, '; a remark', ...lines, ''].join(end);
          })
          .join('');
        expect(await read(text, cuts)).toEqual(records.map((r) => [r.name, r.description, r.sequence]));
      }),
    );
  });

  it('reads damaged files the same way wherever they are cut', async () => {
    const damaged = fc.string({ unit: fc.constantFrom('>', ';', '\n', '\r', ' ', 'A', 'r', 'u', '-', 'E', 'é') });
    await fc.assert(
      fc.asyncProperty(damaged, sizes, async (text, cuts) => {
        expect(await outcome(() => read(text, cuts))).toEqual(await outcome(() => read(text)));
      }),
      { numRuns: 300 },
    );
  });

  it('makes every base one of ACGTN, and leaves proteins as they are', async () => {
    expect(await read('>m soft\nacgUu\nRYKn')).toEqual([['m', 'soft', 'ACGTTNNNN']]);
    expect(await read('>p\nMKv*\n', [], 'any')).toEqual([['p', '', 'MKv*']]);
    expect(await read('>empty\n>b\nA\n>')).toEqual([
      ['empty', '', ''],
      ['b', '', 'A'],
      ['', '', ''],
    ]);
  });

  it('says file, line and what to do', async () => {
    const message = (text: string) => outcome(() => read(text));
    expect(await message('; remark\nACGT\n>a\n')).toBe(
      'data: x.fa, line 2 has "A" before any record, expected \'>\' and a name first. ' +
        "Add a line such as '>chr1' above it, or rename the file to .txt if it is not FASTA.",
    );
    expect(await message('>a\nAC GT\nACG!T')).toContain('x.fa, line 3, column 4 has "!" (U+0021), expected a base');
    expect(await message('>a\nAC--GT')).toContain('It is an alignment gap: remove gaps first');
  });

  it('passes over what was not read', async () => {
    const names: string[] = [];
    for await (const { name, sequence } of fastaRecords(textChunks('>a\nAC\nGT\nA\n>b\nC\n>c\n', [3]), 'x.fa')) {
      names.push(name);
      if (name === 'a') for await (const _ of sequence) break;
    }
    expect(names).toEqual(['a', 'b', 'c']);
  });
});

describe('gunzipped', () => {
  const drain = async (bytes: Uint8Array, cuts: readonly number[]) => {
    const parts: Uint8Array[] = [];
    for await (const part of gunzipped(inChunks(bytes, cuts), 'x.gz')) parts.push(part.slice());
    return Buffer.concat(parts).toString('latin1');
  };

  it('unpacks members one after another, and passes on what is not gzip', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary-ascii' }), sizes, async (text, cuts) => {
        const packed = Buffer.concat([gzipSync(text), gzipSync('>next')]);
        expect(await drain(packed, cuts)).toBe(`${text}>next`);
        expect(await drain(Buffer.from(text, 'latin1'), cuts)).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses a file that was cut off, and lets go when its reader does', async () => {
    const packed = gzipSync('ACGT'.repeat(1000));
    await expect(drain(packed.subarray(0, 30), [7])).rejects.toThrow('data: x.gz is damaged gzip: ');
    const broken = Uint8Array.from(packed);
    broken[12] ^= 0xff;
    await expect(drain(broken, [])).rejects.toThrow('check it with gzip -t');
    for await (const part of gunzipped(inChunks(packed, [9]), 'x.gz')) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
  });
});

describe('FASTA as training data', () => {
  it('makes each record a document, packed or not', async () => {
    const text = '>a\nACGT\n>none\n>b\nnnG\n';
    const folder = await folderOf({ 'a.fasta': text, 'b.fa.gz': gzipSync(text), 'c.txt': 'ACG\nT\n' });
    for (const name of ['a.fasta', 'b.fa.gz']) {
      const store = await prepareTokens(join(folder, name), dnaTokenizer());
      expect([...(await store.read(0, store.length))]).toEqual([0, 1, 2, 3, 4, 4, 2]);
      expect([...(store.documents ?? [])]).toEqual([0, 4]);
    }
    expect((await prepareTokens(folder, dnaTokenizer(), { cacheFolder: join(folder, 'cache') })).length).toBe(18);
    expect((await prepareTokens(join(folder, 'a.fasta'), byteTokenizer())).length).toBe(7);
  });

  it('reads a real file, remarks and all', async () => {
    const path = new URL('../../../../test/fixtures/data/human-mitochondrion-start.fasta', import.meta.url);
    const store = await prepareTokens(path.pathname, dnaTokenizer());
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => /^[ACGT]+$/.test(line));
    expect(dnaTokenizer().decode([...(await store.read(0, store.length))])).toBe(lines.join(''));
  });

  it('names the file and the line of what is no base', async () => {
    const folder = await folderOf({ 'p.fasta': '>p\nMEV\n' });
    await expect(prepareTokens(join(folder, 'p.fasta'), dnaTokenizer())).rejects.toThrow(
      'p.fasta, line 2, column 2 has "E" (U+0045), expected a base',
    );
  });
});
