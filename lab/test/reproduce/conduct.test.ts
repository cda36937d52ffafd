import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBackend } from '../../../packages/core/src/tensor/backend.ts';
import { markdownReport } from '../../src/reproduce/markdown.ts';
import { reportOf } from '../../src/reproduce/results.ts';
import { type ConductOptions, conduct } from '../../src/reproduce/runner.ts';
import { changed } from '../../src/reproduce/settings.ts';
import { counting, type Probe } from './counting.ts';

const backend = await openBackend('wasm', { threads: 1 });
let out: string;
let probe: Probe;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'reproduce-'));
  probe = { ran: [] };
});
afterEach(() => rm(out, { recursive: true, force: true }));

const experiment = () => counting(probe);
const go = (options: Partial<ConductOptions> = {}) =>
  conduct(experiment(), backend, { settings: experiment().full, quick: false, out, ...options });

describe('conduct', () => {
  it('runs everything in order, and keeps the results', async () => {
    const results = await go();
    expect(probe.ran).toEqual([1, 2, 3]);
    expect(Object.values(results?.runs ?? {}).map(({ result }) => result)).toEqual([
      { value: 10 },
      { value: 20 },
      { value: 30 },
    ]);
    expect(JSON.parse(await readFile(join(out, 'results.json'), 'utf8'))).toEqual(results);
    expect((await readdir(out)).sort()).toEqual(['experiment.json', 'results.json', 'runs']);
  });

  it('resumes after a run that failed, was stopped or finished, and does nothing twice', async () => {
    probe.before = (seed) => {
      if (seed === 2) throw new Error('power cut');
    };
    await expect(go()).rejects.toThrow('power cut');
    const abort = new AbortController();
    probe.before = () => abort.abort();
    expect(await go({ signal: abort.signal })).toBeUndefined();
    probe.before = undefined;
    const results = await go();
    expect(probe.ran).toEqual([1, 2, 2, 2, 3]);
    expect((await go())?.runs).toEqual(results?.runs);
    expect(probe.ran).toHaveLength(5);
  });

  it('reports how much is done and what is left', async () => {
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

  it('refuses a damaged result, and says what to do', async () => {
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
    // The process 1 always exists and is another one.
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

  it('takes a folder without results, and removes half-written files', async () => {
    probe.before = () => {
      throw new Error('wrong settings');
    };
    const wrong = go({ settings: { ...experiment().full, times: 11 } });
    await expect(wrong).rejects.toThrow('wrong settings');
    probe.before = undefined;
    await writeFile(join(out, '.experiment.json.0123abcd.tmp'), '{');
    await writeFile(join(out, 'runs', '.seed-1.json.0123abcd.tmp'), '{');
    await go();
    expect(await readdir(join(out, 'runs'))).toEqual(['seed-1.json', 'seed-2.json', 'seed-3.json']);
    await rm(join(out, 'experiment.json'));
    await rm(join(out, 'results.json'));
    await expect(go()).rejects.toThrow('holds other files (runs');
  });

  it('refuses before the start what does not fit into memory, and data that is missing', async () => {
    probe.bytes = 2 ** 33;
    await expect(go()).rejects.toThrow(
      'reproduce: counting with these settings needs about 8.0 GiB, WebAssembly addresses 4.0 GiB. Choose smaller ones by --set',
    );
    expect(probe.ran).toEqual([]);
    probe.bytes = 0;
    await expect(go({ settings: { ...experiment().full, times: 0 }, data: '/here' })).rejects.toThrow(
      'reproduce: counting needs nothing.txt, which is not in /here or ',
    );
  });

  it('refuses the same run twice', async () => {
    const twice = go({ settings: { ...experiment().full, seeds: [1, 2, 1] } });
    await expect(twice).rejects.toThrow('counting: seed 1 comes twice, expected each seed and each variant once.');
    expect(probe.ran).toEqual([]);
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
  const experiment = counting({ ran: [] });
  const change = (...assignments: string[]) => changed(experiment, experiment.full, assignments);

  it('reads a setting as its field does', () => {
    expect(change('seeds=4,5', 'times=3', 'label=a=b', 'sharp=true', 'names=c, d')).toEqual({
      seeds: [4, 5],
      times: 3,
      label: 'a=b',
      sharp: true,
      names: ['c', 'd'],
    });
  });

  it.each([
    ['seed=4', "counting: unknown setting 'seed', expected seeds, times, label, sharp, names. Did you mean 'seeds'?"],
    ['times=many', 'counting: times is "many", expected a whole number ≥ 0.'],
    ['times=-1', 'counting: times is -1, expected a whole number ≥ 0.'],
    ['times=1.5', 'counting: times is 1.5, expected a whole number ≥ 0.'],
    ['times', 'counting: times is "", expected a whole number'],
    ['seeds=1,,2', 'counting: seeds[1] is NaN, expected a whole number ≥ 0.'],
    ['seeds=1,-2', 'counting: seeds[1] is -2, expected a whole number ≥ 0.'],
    ['sharp=yes', 'counting: sharp is "yes", expected true or false.'],
    ['label=', 'counting: label is "", expected a text.'],
  ])('refuses %s', (assignment, message) => {
    expect(() => change(assignment)).toThrow(message);
  });
});
