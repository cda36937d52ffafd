import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBackend } from '../../../packages/core/src/tensor/backend.ts';
import { markdownReport } from '../../src/reproduce/resultsText.ts';
import { type ConductOptions, conduct, reportOf } from '../../src/reproduce/runner.ts';
import { changed } from '../../src/reproduce/settings.ts';
import { type Asked, counting } from './counting.ts';

const backend = await openBackend('wasm', { threads: 1 });
let out: string;
let asked: Asked;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'reproduce-'));
  asked = { ran: [] };
});
afterEach(() => rm(out, { recursive: true, force: true }));

const experiment = () => counting(asked);
const go = (options: Partial<ConductOptions> = {}) =>
  conduct(experiment(), backend, { settings: experiment().full, quick: false, out, ...options });

describe('conduct', () => {
  it('does every run in order, and keeps what they gave', async () => {
    const results = await go();
    expect(asked.ran).toEqual(['seed-1', 'seed-2', 'seed-3']);
    expect(Object.values(results?.runs ?? {}).map(({ result }) => result)).toEqual([
      { value: 10 },
      { value: 20 },
      { value: 30 },
    ]);
    expect(JSON.parse(await readFile(join(out, 'results.json'), 'utf8'))).toEqual(results);
    expect((await readdir(out)).sort()).toEqual(['experiment.json', 'results.json', 'runs']);
  });

  it('goes on after a run that failed, was stopped, or was finished, without doing anything twice', async () => {
    asked.before = (id) => {
      if (id === 'seed-2') throw new Error('power cut');
    };
    await expect(go()).rejects.toThrow('power cut');
    const abort = new AbortController();
    asked.before = () => abort.abort();
    expect(await go({ signal: abort.signal })).toBeUndefined();
    asked.before = undefined;
    const results = await go();
    expect(asked.ran).toEqual(['seed-1', 'seed-2', 'seed-2', 'seed-2', 'seed-3']);
    expect((await go())?.runs).toEqual(results?.runs);
    expect(asked.ran).toHaveLength(5);
  });

  it('tells how much is done and what is left', async () => {
    const seen: unknown[] = [];
    await go({
      reporter: {
        start: ({ runs, kept }) => seen.push(['start', runs, kept]),
        progress: ({ run, done, note }) => seen.push([run.label, done, note]),
        ended: ({ index, count, left }) => seen.push([index + 1, count, left >= 0]),
      },
    });
    expect(seen).toEqual([
      ['start', 3, 0],
      ['seed 1', 0.5 / 6, 'half'],
      [1, 3, true],
      ['seed 2', 2 / 6, 'half'],
      [2, 3, true],
      ['seed 3', 4.5 / 6, 'half'],
      [3, 3, true],
    ]);
  });

  it('refuses a damaged result, and says how to go on', async () => {
    await go();
    const path = join(out, 'runs', 'seed-2.json');
    for (const [text, problem] of [
      ['{"seconds": 1', 'is not JSON'],
      ['{"seconds": 1}', 'holds no result'],
      ['null', 'holds no result'],
    ]) {
      await writeFile(path, text);
      await expect(go()).rejects.toThrow(problem);
      await expect(go()).rejects.toThrow(`It is damaged: remove ${path}, and its run is done again.`);
    }
    await rm(path);
    expect((await go())?.runs['seed-2'].result).toEqual({ value: 20 });
    await writeFile(join(out, 'experiment.json'), '');
    await expect(go()).rejects.toThrow('experiment.json is not JSON');
  });

  it('refuses a folder in use, of other settings, or of something else', async () => {
    // A process that is surely there and is not this one.
    await writeFile(join(out, 'reproduce.lock'), '1');
    await expect(go()).rejects.toThrow(`reproduce: process 1 is at work in ${out}. Wait for it, or choose another`);
    await rm(join(out, 'reproduce.lock'));
    await go();
    await expect(go({ settings: { ...experiment().full, times: 11 } })).rejects.toThrow(
      `reproduce: times was 10 in ${out} and is 11 now.`,
    );
    await expect(go({ settings: experiment().quick, quick: true })).rejects.toThrow(
      `seeds was [1,2,3] in ${out} and is [1] now, for it holds a full run. Choose another --out`,
    );
    await rm(join(out, 'experiment.json'));
    await expect(go()).rejects.toThrow(`reproduce: ${out} holds other files (results.json)`);
    await writeFile(join(out, 'file'), '');
    await expect(go({ out: join(out, 'file') })).rejects.toThrow('cannot be written (EEXIST)');
  });

  it('takes a folder in which nothing was done yet, and sweeps what a kill left half written', async () => {
    asked.before = () => {
      throw new Error('wrong settings');
    };
    const wrong = go({ settings: { ...experiment().full, times: 11 } });
    await expect(wrong).rejects.toThrow('wrong settings');
    asked.before = undefined;
    await writeFile(join(out, '.experiment.json.0123abcd.tmp'), '{');
    await writeFile(join(out, 'runs', '.seed-1.json.0123abcd.tmp'), '{');
    await go();
    expect(await readdir(join(out, 'runs'))).toEqual(['seed-1.json', 'seed-2.json', 'seed-3.json']);
    await rm(join(out, 'experiment.json'));
    await rm(join(out, 'results.json'));
    await expect(go()).rejects.toThrow('holds other files (runs');
  });

  it('says before the start that memory is missing, and where data should be', async () => {
    asked.bytes = 2 ** 33;
    await expect(go()).rejects.toThrow(
      'reproduce: counting with these settings needs about 8.0 GiB, WebAssembly addresses 4.0 GiB. Choose smaller ones by --set',
    );
    expect(asked.ran).toEqual([]);
    asked.bytes = 0;
    await expect(go({ settings: { ...experiment().full, times: 0 }, data: '/here' })).rejects.toThrow(
      'reproduce: counting needs nothing.txt, which is not in /here or ',
    );
  });

  it('refuses settings with nothing to run, or the same run twice', async () => {
    const seeds = (...list: number[]) => go({ settings: { ...experiment().full, seeds: list } });
    await expect(seeds()).rejects.toThrow('reproduce: counting has nothing to run with these settings');
    await expect(seeds(1, 2, 1)).rejects.toThrow('reproduce: seed 1 comes twice in counting, expected each seed and');
    expect(asked.ran).toEqual([]);
  });

  it('has a report from the numbers alone', async () => {
    const results = await go();
    const text = markdownReport(reportOf(experiment(), JSON.parse(JSON.stringify(results))));
    expect(text).toContain('| seed | value |\n|---|---|\n| 1 | 10 |');
    expect(text).toContain('| the first is 10 | 10 | yes |');
    expect(text).toContain('The last is 30.');
  });
});

describe('changed', () => {
  const { full } = counting({ ran: [] });

  it('reads a setting as the kind that it has', () => {
    expect(changed(full, ['seeds=4,5', 'times=3', 'label=a=b', 'sharp=true', 'names=c, d'])).toEqual({
      seeds: [4, 5],
      times: 3,
      label: 'a=b',
      sharp: true,
      names: ['c', 'd'],
    });
  });

  it.each([
    ['seed=4', "there is no setting 'seed'. Did you mean 'seeds'? There are seeds, times, label, sharp, names."],
    ['times=many', "the setting times is 'many', expected a number, such as --set times=10."],
    ['times=0', "the setting times is '0', expected a whole number ≥ 1, such as --set times=10."],
    ['times=1.5', "the setting times is '1.5', expected a whole number ≥ 1"],
    ['times', "the setting times is '', expected a number"],
    ['seeds=1,,2', 'expected numbers separated by commas, such as --set seeds=1,2,3.'],
    ['seeds=1,-2', "the setting seeds is '1,-2', expected whole numbers ≥ 0, separated by commas"],
    ['sharp=yes', 'expected true or false'],
    ['label=', 'expected a text'],
  ])('refuses %s', (assignment, message) => {
    expect(() => changed(full, [assignment])).toThrow(message);
  });
});
