import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, BatchSampler, type SamplerMode } from '../../src/data/sampler.ts';
import { splitTokens } from '../../src/data/splitTokens.ts';
import { memoryStore, type TokenStore } from '../../src/data/store.ts';
import { textData } from '../../src/data/textData.ts';
import { openTokenFile } from '../../src/data/tokenFile.ts';
import { Random } from '../../src/random.ts';
import { byteTokenizer } from '../../src/tokenize/byte.ts';
import { dnaTokenizer, reverseComplement } from '../../src/tokenize/dna.ts';
import { folderOf } from './folder.ts';

/** Tokens 0, 1, 2 …, so that a token says where it is from. */
function counting(length: number, documents?: number[]): TokenStore {
  return memoryStore(
    Uint16Array.from({ length }, (_, i) => i),
    {
      name: 'counting',
      vocabSize: 2 ** 16,
      ...(documents && { documents: Float64Array.from(documents) }),
    },
  );
}

async function take(sampler: BatchSampler, count: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let i = 0; i < count; i++) batches.push(await sampler.next());
  return batches;
}

function rowsOf({ tokens, B, L }: Batch): number[][] {
  return Array.from({ length: B }, (_, row) => [...tokens.subarray(row * L, (row + 1) * L)]);
}

describe('BatchSampler', () => {
  const modes = fc.constantFrom<SamplerMode>('random', 'sequential', 'carried');
  const shape = fc.record({
    mode: modes,
    batchSize: fc.integer({ min: 1, max: 4 }),
    blockSize: fc.integer({ min: 1, max: 7 }),
    extra: fc.nat(40),
    seed: fc.nat(),
  });

  it('resumes as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(9), async ({ extra, seed, ...options }, before) => {
        const store = counting(options.batchSize * options.blockSize + 1 + extra);
        const make = (s: number) => new BatchSampler(store, { ...options, random: new Random(s) });
        const whole = await take(make(seed), before + 5);
        const first = make(seed);
        await take(first, before);
        const second = make(seed + 1);
        second.restore(JSON.parse(JSON.stringify(first.state())));
        expect(await take(second, 5)).toEqual(whole.slice(before));
      }),
    );
  });

  it('predicts the next token in every mode', async () => {
    await fc.assert(
      fc.asyncProperty(shape, async ({ extra, seed, ...options }) => {
        const store = counting(options.batchSize * options.blockSize + 1 + extra);
        const sampler = new BatchSampler(store, { ...options, random: new Random(seed) });
        for (const { tokens, targets, B, L } of await take(sampler, 4)) {
          expect(tokens.length).toBe(B * L);
          expect(targets).toEqual(tokens.map((token) => token + 1));
        }
      }),
    );
  });

  it('reads the same windows from disk as from memory', async () => {
    const ids = Uint16Array.from({ length: 500 }, (_, i) => (i * 7919) % 1000);
    const folder = await folderOf({ 'ids.bin': new Uint8Array(ids.buffer) });
    const path = join(folder, 'ids.bin');
    const disk = await openTokenFile(path, { vocabSize: 1000, memoryLimit: 0 });
    const memory = await openTokenFile(path, { vocabSize: 1000 });
    await fc.assert(
      fc.asyncProperty(shape, async ({ extra: _, seed, ...options }) => {
        const make = (store: TokenStore) => new BatchSampler(store, { ...options, random: new Random(seed) });
        expect(await take(make(disk), 3)).toEqual(await take(make(memory), 3));
      }),
      { numRuns: 30 },
    );
    await disk.close();
  });

  it('covers the data in sequence, with a shorter last batch, and begins again', async () => {
    const options = { mode: 'sequential', batchSize: 2, blockSize: 3 } as const;
    const sampler = new BatchSampler(counting(11), options);
    expect(sampler.batchesPerPass).toBe(2);
    const batches = await take(sampler, 3);
    expect(batches.map(rowsOf)).toEqual([
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
      [[6, 7, 8]],
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ]);
    expect(batches.map((batch) => batch.carries)).toEqual([false, false, false]);
  });

  it('lets each row read on, and says where it does not', async () => {
    const sampler = new BatchSampler(counting(15), { mode: 'carried', batchSize: 2, blockSize: 3 });
    expect(sampler.batchesPerPass).toBe(2);
    const batches = await take(sampler, 3);
    expect(batches.map(rowsOf)).toEqual([
      [
        [0, 1, 2],
        [7, 8, 9],
      ],
      [
        [3, 4, 5],
        [10, 11, 12],
      ],
      [
        [0, 1, 2],
        [7, 8, 9],
      ],
    ]);
    expect(batches.map((batch) => batch.carries)).toEqual([false, true, false]);
  });

  it('draws every window of the data, the last one too', async () => {
    const options = { mode: 'random', batchSize: 50, blockSize: 3 } as const;
    const sampler = new BatchSampler(counting(6), { ...options, random: new Random(1) });
    const begins = rowsOf(await sampler.next()).map(([first]) => first);
    expect(new Set(begins)).toEqual(new Set([0, 1, 2]));
  });

  it('tells the document of each token', async () => {
    const store = counting(10, [0, 2, 3, 7]);
    const sampler = new BatchSampler(store, { mode: 'sequential', batchSize: 3, blockSize: 3 });
    expect([...((await sampler.next()).documents ?? [])]).toEqual([0, 0, 1, 2, 2, 2, 2, 3, 3]);
    const plain = new BatchSampler(counting(10), { mode: 'carried', batchSize: 1, blockSize: 3 });
    expect(await plain.next()).not.toHaveProperty('documents');
  });

  it('says how long the data is and which block would do', () => {
    const make = (length: number, mode: SamplerMode, batchSize: number, blockSize: number) => () =>
      new BatchSampler(counting(length), { mode, batchSize, blockSize, random: new Random(1) });
    expect(make(8, 'random', 4, 8)).toThrow(
      'BatchSampler: counting has 8 tokens, expected at least blockSize + 1 = 9. ' +
        'Give more data or a blockSize of at most 7.',
    );
    expect(make(8, 'random', 4, 7)).not.toThrow();
    expect(make(9, 'carried', 4, 3)).toThrow('= 13. Give more data or a blockSize of at most 2.');
    expect(make(1, 'sequential', 4, 3)).toThrow('has 1 tokens, expected at least');
    expect(make(9, 'random', 0, 3)).toThrow('batchSize is 0, expected a whole number ≥ 1.');
    const options = { mode: 'random', batchSize: 1, blockSize: 1 } as const;
    expect(() => new BatchSampler(counting(9), options)).toThrow('random is missing');
  });

  it('refuses a state of other data', () => {
    const options = { mode: 'carried', batchSize: 1, blockSize: 2 } as const;
    const state = new BatchSampler(counting(9), options).state();
    expect(() => new BatchSampler(counting(10), options).restore(state)).toThrow(
      'BatchSampler.restore: length was 9 when the state was saved, expected 10, as here.',
    );
    expect(() => new BatchSampler(counting(9), options).restore({ ...state, step: -1 })).toThrow('step is -1');
  });
});

describe('splitTokens', () => {
  it('takes the last tenth for validation', async () => {
    const { train, validation } = splitTokens(counting(100, [0, 50, 95]));
    expect([train.length, validation.length]).toEqual([90, 10]);
    expect([...(await validation.read(0, 3))]).toEqual([90, 91, 92]);
    expect([...(train.documents ?? [])]).toEqual([0, 50]);
    expect([...(validation.documents ?? [])]).toEqual([0, 5]);
    expect(() => validation.read(5, 11)).toThrow('expected 0 ≤ begin ≤ end ≤ 10');
  });

  it('says which block would do', async () => {
    const store = await textData('x'.repeat(40), byteTokenizer());
    expect(() => splitTokens(store, 0.1, 8)).toThrow(
      'splitTokens: the text has 40 tokens, so 36 for training and 4 for validation; expected at least ' +
        'blockSize + 1 = 9 in each. Give more data, another fraction or a blockSize of at most 3.',
    );
    expect(() => splitTokens(store, 1)).toThrow('splitTokens: fraction is 1');
  });

  it('reads rows on the other strand, targets and documents with them', async () => {
    const bases = dnaTokenizer().encode('AACGTNACCGGTTTACGNAC'.repeat(3));
    const store = memoryStore(Uint16Array.from(bases), {
      name: 'bases',
      vocabSize: 5,
      documents: Float64Array.of(0, 13, 14, 40),
    });
    const documentOf = (at: number) => [0, 13, 14, 40].findLastIndex((start) => start <= at);
    const make = () =>
      new BatchSampler(store, {
        mode: 'random',
        batchSize: 40,
        blockSize: 9,
        random: new Random(3),
        reverseComplement: true,
      });
    const windowOf = (begin: number) => bases.slice(begin, begin + 10);
    const { tokens, targets, documents, B, L } = await make().next();
    const kinds = new Set<string>();
    for (let row = 0; row < B; row++) {
      const window = [...tokens.subarray(row * L, (row + 1) * L), targets[(row + 1) * L - 1]];
      expect([...targets.subarray(row * L, (row + 1) * L)]).toEqual(window.slice(1));
      const ids = [...(documents as Int32Array).subarray(row * L, (row + 1) * L)];
      const begins = Array.from({ length: store.length - L }, (_, i) => i);
      const forward = begins.filter((begin) => `${windowOf(begin)}` === `${window}`);
      const backward = begins.filter((begin) => `${reverseComplement(windowOf(begin))}` === `${window}`);
      const expected = [
        ...forward.map((begin) => ids.map((_, i) => documentOf(begin + i))),
        ...backward.map((begin) => ids.map((_, i) => documentOf(begin + L - i))),
      ];
      expect(expected).toContainEqual(ids);
      kinds.add(forward.length > 0 ? 'forward' : 'backward');
    }
    expect(kinds.size).toBe(2);
    const options = { batchSize: 1, blockSize: 9, reverseComplement: true };
    expect(() => new BatchSampler(store, { ...options, mode: 'carried' })).toThrow(
      "reverseComplement with mode 'carried', expected 'random'",
    );
  });
});
