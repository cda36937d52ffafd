/** docs/results.md and its figures are what the committed results say. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { experiments } from '../../src/reproduce/catalogue.ts';
import { resultsFiles, resultsPage } from '../../src/reproduce/page.ts';
import type { Results } from '../../src/reproduce/runner.ts';
import { counting } from './counting.ts';

const docs = new URL('../../../docs/', import.meta.url);
const read = (name: string) => readFile(new URL(name, docs), 'utf8');
const entries = await Promise.all(
  experiments.map(async (experiment) => {
    const name = `results/${experiment.name}.json`;
    const results = existsSync(new URL(name, docs)) ? (JSON.parse(await read(name)) as Results) : undefined;
    return { experiment, results };
  }),
);
const done = entries.flatMap(({ experiment, results }) => (results ? [{ experiment, results }] : []));

describe('docs/results.md', () => {
  it('is what the committed results say', async () => {
    expect(await read('results.md')).toBe(resultsPage(entries));
  });

  it.each(done)('has the figure and the files of $experiment.name, of its full settings', async (entry) => {
    const { experiment, results } = entry;
    for (const [name, content] of Object.entries(resultsFiles(entry))) {
      expect(await readFile(new URL(`results/${name}`, docs))).toEqual(Buffer.from(content));
    }
    expect({ quick: results.quick, settings: results.settings }).toEqual({ quick: false, settings: experiment.full });
    expect(Object.keys(results.runs)).toEqual(experiment.runs(results.settings).map(({ id }) => id));
  });

  it('has no results of what is no experiment', async () => {
    const expected = done.flatMap((entry) => [`${entry.experiment.name}.json`, ...Object.keys(resultsFiles(entry))]);
    expect((await readdir(new URL('results/', docs))).sort()).toEqual(expected.sort());
  });

  it('says the claim, the measured, the command, and what is still to be run', () => {
    const experiment = counting({ ran: [] });
    const runs = Object.fromEntries(
      [1, 2, 3].map((seed) => [`seed-${seed}`, { seconds: 100, result: { value: 10 * seed } }]),
    );
    const results: Results = { experiment: 'counting', quick: false, settings: experiment.full, machine: 'M', runs };
    const page = resultsPage([{ experiment, results }]);
    expect(page).toContain('| [counting](#counting) | counting works | 1 of 1 |');
    expect(page).toContain('- **The paper**: table 0: one, two, three\n- **Here**: as it is\n');
    expect(page).toContain('`npx mamba-ts reproduce counting`, 5 minutes (M)');
    expect(page).toContain('The last is 30.\n\nNothing differs.');
    expect(resultsPage([{ experiment }])).toContain('| counting | counting works | not run yet |');
  });
});
