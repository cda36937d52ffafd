/** Windows of series: which rows they have, and which rows their targets are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Example,
  ExampleSampler,
  type ExampleStore,
  readSeries,
  type Series,
  splitSeries,
  stepExamples,
  windowExamples,
} from '../../src/data/index.ts';
import { lastWindows } from '../../src/data/windows.ts';

const all = (store: ExampleStore): Promise<Example[]> =>
  Promise.all(Array.from({ length: store.length }, (_, i) => store.read(i)));
/** Rows 0, 1, 2 … of y and 10 y. */
const rising = (length: number): Series => ({
  name: 's',
  columns: ['y', 'z'],
  length,
  values: Float64Array.from({ length: 2 * length }, (_, i) => (i % 2 ? 10 : 1) * (i >> 1)),
});

/** One column, in which some values are missing. */
const holey = fc.array(fc.boolean(), { minLength: 4, maxLength: 30 }).map(
  (there): Series => ({
    name: 'h',
    columns: ['y'],
    length: there.length,
    values: Float64Array.from(there, (isThere, i) => (isThere ? i + 1 : Number.NaN)),
  }),
);

describe('windowExamples', () => {
  it('cuts windows, and the rows that follow them', async () => {
    const series = await readSeries({ text: 't,y\n0,0\n1,10\n2,20\n3,30\n4,40\n' });
    const store = windowExamples([series], { length: 2, horizon: 2, targets: ['y'] });
    expect([store.length, store.features, store.group(0)]).toEqual([2, 2, 'the text']);
    expect(await store.read(1)).toEqual({ sequence: Float32Array.of(1, 10, 2, 20), targets: Float32Array.of(30, 40) });
    const batch = await new ExampleSampler(store, { mode: 'sequential', batchSize: 2 }).next();
    expect([...(batch.targets ?? [])]).toEqual([20, 30, 30, 40]);
  });

  it('has every window at a multiple of the stride without a missing value in it and after it', async () => {
    const small = fc.integer({ min: 1, max: 4 });
    await fc.assert(
      fc.asyncProperty(holey, small, small, small, async (series, length, horizon, stride) => {
        const begins = Array.from({ length: series.length }, (_, i) => i).filter((begin) => {
          const rows = series.values.subarray(begin, begin + length + horizon);
          return begin % stride === 0 && rows.length === length + horizon && !rows.some(Number.isNaN);
        });
        if (begins.length === 0) {
          expect(() => windowExamples([series], { length, horizon, stride })).toThrow('without a missing value');
          return;
        }
        const found = await all(windowExamples([series], { length, horizon, stride }));
        expect(found).toEqual(
          begins.map((begin) => ({
            sequence: Float32Array.from(series.values.subarray(begin, begin + length)),
            targets: Float32Array.from(series.values.subarray(begin + length, begin + length + horizon)),
          })),
        );
      }),
    );
  });

  it('refuses what gives no window', async () => {
    const series = await readSeries({ text: 'y\n1\n2\n' });
    expect(() => windowExamples([series], { length: 2 })).toThrow('has no 2 + 1 rows on end without a missing value');
    expect(() => windowExamples([series], { length: 0 })).toThrow('length is 0, expected a whole number ≥ 1');
    expect(() => windowExamples([series], { length: 1, targets: ['z'] })).toThrow(
      'has no column "z", expected some of y',
    );
    expect(() => windowExamples([series, rising(4)], { length: 1 })).toThrow(
      's has the columns y, z, expected y, as the text has.',
    );
  });
});

describe('stepExamples', () => {
  it('gives each row of a window the rows that follow, and none beyond the end', async () => {
    const store = stepExamples([rising(10)], { length: 4, horizon: 2, stride: 3, targets: ['z'] });
    const windows = await all(store);
    expect(windows.map(({ sequence }) => sequence[0])).toEqual([0, 3, 5]);
    expect([...(windows[0].targets ?? [])]).toEqual([10, 20, 20, 30, 30, 40, 40, 50]);
    expect([...(windows[2].targets ?? [])].slice(-2)).toEqual([90, Number.NaN]);
    expect([store.output, store.title?.(1)]).toEqual(['step', 's, rows from 3']);
    expect(() => stepExamples([rising(10)], { length: 0 })).toThrow(
      'stepExamples: length is 0, expected a whole number ≥ 1.',
    );
  });

  it('keeps to the runs of rows without a missing value', async () => {
    const gaps = await readSeries({ text: 'y\n1\n2\nNA\n4\n5\n6\n', name: 'gaps' });
    const runs = await all(stepExamples([gaps], { length: 9 }));
    expect(runs.map(({ sequence }) => [...sequence])).toEqual([[1], [4, 5]]);
  });

  it('has the same target after the last row of a window as windowExamples', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), async (length, horizon) => {
        const [byStep, whole] = [stepExamples, windowExamples].map((make) => make([rising(12)], { length, horizon }));
        for (const [i, { sequence, targets }] of (await all(whole)).entries()) {
          const steps = await byStep.read(i);
          expect(steps.sequence).toEqual(sequence);
          expect(steps.targets?.slice(-2 * horizon)).toEqual(targets);
        }
      }),
    );
  });
});

describe('lastWindows', () => {
  it('has the rows that a forecast starts from', async () => {
    const gaps = await readSeries({ text: 'y\n1\nNA\n4\n5\n6\n', name: 'gaps' });
    const [short, long] = await Promise.all([2, 9].map(async (length) => (await all(lastWindows([gaps], length)))[0]));
    expect([short.sequence, long.sequence]).toEqual([Float32Array.of(5, 6), Float32Array.of(4, 5, 6)]);
    const open = await readSeries({ text: 't,y\n1,1\n2,\n', name: 'open' });
    expect(() => lastWindows([open], 2)).toThrow('open misses a value in its last row, expected all of them.');
  });
});

describe('splitSeries', () => {
  it('holds out the last rows of each series', () => {
    const { train, validation } = splitSeries([rising(10)], 0.3);
    expect([train[0].length, validation[0].length, validation[0].values[0]]).toEqual([7, 3, 7]);
    expect([train[0].name, validation[0].name]).toEqual(['s (training part)', 's (validation part)']);
    expect(() => splitSeries([rising(10)], 0.05)).toThrow(
      's has 10 rows, so 9 for training and 1 for validation, expected',
    );
  });
});
