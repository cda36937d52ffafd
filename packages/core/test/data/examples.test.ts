import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { audioTokens, clipExamples } from '../../src/data/audio.ts';
import { type ExampleBatch, ExampleSampler } from '../../src/data/exampleSampler.ts';
import { type Example, memoryExamples, splitExamples } from '../../src/data/examples.ts';
import { encodeWav } from '../../src/formats/wavSamples.ts';
import { Random } from '../../src/random.ts';
import { muLawEncode } from '../../src/tokenize/muLaw.ts';
import { folderOf } from './folder.ts';

/** Example i has i % 5 + 1 steps of 2 features, all i. */
const counting = (length: number, groups?: string[]) =>
  memoryExamples(
    Array.from({ length }, (_, i) => ({ sequence: new Float32Array(2 * ((i % 5) + 1)).fill(i), label: i % 3 })),
    { name: 'counting', features: 2, classes: ['a', 'b', 'c'], ...(groups && { groups }) },
  );

async function take(sampler: ExampleSampler, count: number): Promise<ExampleBatch[]> {
  const batches: ExampleBatch[] = [];
  for (let i = 0; i < count; i++) batches.push(await sampler.next());
  return batches;
}

describe('ExampleSampler', () => {
  const shape = fc.record({
    mode: fc.constantFrom('shuffled' as const, 'sequential' as const),
    batchSize: fc.integer({ min: 1, max: 5 }),
    length: fc.integer({ min: 1, max: 20 }),
    seed: fc.nat(),
  });

  it('resumes as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(9), async ({ mode, batchSize, length, seed }, before) => {
        const make = (s: number) => new ExampleSampler(counting(length), { mode, batchSize, random: new Random(s) });
        const whole = await take(make(seed), before + 5);
        const first = make(seed);
        await take(first, before);
        const second = make(seed + 1);
        await take(second, 1);
        second.restore(JSON.parse(JSON.stringify(first.state())));
        expect(await take(second, 5)).toEqual(whole.slice(before));
      }),
    );
  });

  it('reads every example once a pass, padded, with its label and length', async () => {
    await fc.assert(
      fc.asyncProperty(shape, async ({ mode, batchSize, length, seed }) => {
        const sampler = new ExampleSampler(counting(length), { mode, batchSize, random: new Random(seed) });
        for (let pass = 0; pass < 2; pass++) {
          const batches = await take(sampler, sampler.batchesPerPass);
          const seen = batches.flatMap(({ indices }) => [...indices]);
          expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
          if (mode === 'sequential') expect(seen).toEqual(seen.toSorted((a, b) => a - b));
          for (const { inputs, indices, lengths, labels, B, L, features } of batches) {
            expect([features, inputs.length]).toEqual([2, B * L * 2]);
            indices.forEach((index, row) => {
              const steps = lengths?.[row] ?? L;
              expect([steps, labels?.[row]]).toEqual([(index % 5) + 1, index % 3]);
              const values = [...inputs.subarray(row * L * 2, (row + 1) * L * 2)];
              expect(values).toEqual(values.map((_, i) => (i < 2 * steps ? index : 0)));
            });
          }
        }
      }),
    );
  });

  it('takes another order each pass', async () => {
    const sampler = new ExampleSampler(counting(20), { mode: 'shuffled', batchSize: 20, random: new Random(1) });
    const [first, second] = await take(sampler, 2);
    expect(first.indices).not.toEqual(second.indices);
  });

  it('refuses what makes no batch', async () => {
    const store = counting(2);
    expect(() => new ExampleSampler(store, { mode: 'sequential', batchSize: 0 })).toThrow('batchSize is 0');
    expect(() => new ExampleSampler(store, { mode: 'shuffled', batchSize: 1 })).toThrow('random is missing');
    const sampler = new ExampleSampler(store, { mode: 'sequential', batchSize: 1 });
    expect(() => sampler.restore({ ...sampler.state(), length: 3 })).toThrow('length was 3 when the state was saved');
    const mixed: Example[] = [{ sequence: Int32Array.of(1) }, { sequence: Float32Array.of(1) }];
    const mixture = new ExampleSampler(memoryExamples(mixed, { name: 'm' }), { mode: 'sequential', batchSize: 2 });
    await expect(mixture.next()).rejects.toThrow('m, example 1 is of another kind than example 0');
    const one = (example: Example) => memoryExamples([example], { name: 'm', features: 2, classes: ['a'] });
    expect(() => one({ sequence: new Float32Array(3) })).toThrow('m, example 0 has 3 values, expected a multiple of 2');
    expect(() => one({ sequence: new Float32Array(2), label: 1 })).toThrow('has label 1, expected 0 to 0');
  });
});

describe('splitExamples', () => {
  it('has every example in one part, and no group in both', () => {
    const groups = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(
        groups.filter((all) => new Set(all).size > 2),
        fc.nat(),
        (all, seed) => {
          const { train, validation } = splitExamples(counting(all.length, all), { fraction: 0.01, seed });
          const of = (store: typeof train) => new Set(Array.from({ length: store.length }, (_, i) => store.group(i)));
          expect(train.length + validation.length).toBe(all.length);
          expect([...of(train)].filter((group) => of(validation).has(group))).toEqual([]);
          const again = splitExamples(counting(all.length, all), { fraction: 0.01, seed });
          expect(of(again.validation)).toEqual(of(validation));
        },
      ),
    );
  });

  it('takes named groups, and single examples where there are none', () => {
    const named = splitExamples(counting(4, ['a', 'b', 'a', 'c']), { groups: ['a'] });
    expect([named.train.length, named.validation.length, named.validation.read(1)]).toEqual([
      2,
      2,
      counting(4).read(2),
    ]);
    expect(splitExamples(counting(20), { fraction: 0.25 }).validation.length).toBe(5);
    expect(() => splitExamples(counting(2, ['a', 'b']), { groups: ['z'] })).toThrow('has no group "z", expected some');
    expect(() => splitExamples(counting(2, ['a', 'a']))).toThrow('2 examples in 1 groups, which leaves 0 for training');
  });
});

describe('clips and audio tokens', () => {
  const pattern = /(?<label>\d)_(?<group>[a-z]+)_/;
  const fixtures = new URL('../../../../test/fixtures/data', import.meta.url).pathname;

  it('takes labels and speakers from the names', async () => {
    const clips = await clipExamples(fixtures, { pattern });
    expect([clips.length, clips.classes, clips.group(0), clips.group(1)]).toEqual([2, ['0', '1'], 'george', 'jackson']);
    const { sequence, label } = await clips.read(1);
    expect([label, sequence.length]).toEqual([1, (9506 - 44) / 2]);
    const half = await (await clipExamples(fixtures, { pattern, sampleRate: 4000, tokens: true })).read(1);
    expect([half.sequence instanceof Int32Array, half.sequence.length]).toEqual([true, Math.ceil(sequence.length / 2)]);
    await expect(clipExamples(fixtures, { pattern: /(?<label>[5-9])_/ })).rejects.toThrow(
      'has no label by the pattern',
    );
  });

  it('mixes channels, or takes one', async () => {
    const wav = encodeWav(Float32Array.of(0.5, 0, -0.5, 0.25), { sampleRate: 8000, channels: 2 });
    const folder = await folderOf({ '1_a_.wav': wav });
    const read = async (channel: 'mean' | number) => [
      ...(await (await clipExamples(folder, { pattern, channel })).read(0)).sequence,
    ];
    expect(await read('mean')).toEqual([0.25, -0.125]);
    expect(await read(1)).toEqual([0, 0.25]);
    await expect(read(2)).rejects.toThrow("has 2 channels, got channel 2, expected 'mean' or 0 to 1.");
  });

  it('makes each file a document of mu-law tokens, in memory or on disk', async () => {
    const a = Float32Array.of(0.5, -0.5, 0);
    const folder = await folderOf({
      'a.wav': encodeWav(a, { sampleRate: 8000 }),
      'b.wav': encodeWav(Float32Array.of(0.25), { sampleRate: 8000 }),
    });
    const memory = await audioTokens(folder);
    const disk = await audioTokens(folder, { tokenFile: join(folder, 'tokens.bin'), memoryLimit: 0 });
    for (const store of [memory, disk]) {
      expect([store.length, store.vocabSize, [...(store.documents ?? [])]]).toEqual([4, 256, [0, 3]]);
      expect([...(await store.read(0, 3))]).toEqual([...muLawEncode(a)]);
      await store.close();
    }
    await expect(audioTokens(folder, { memoryLimit: 3 })).rejects.toThrow('Give a tokenFile, so that they go to disk.');
    await expect(audioTokens(join(folder, 'a.wav'))).resolves.toMatchObject({ length: 3 });
  });
});
