/** docs/results.md and its figures agree with the committed results. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { experiments } from '../../src/reproduce/catalogue.ts';
import { runsOf } from '../../src/reproduce/experiment.ts';
import { resultsFiles, resultsPage } from '../../src/reproduce/page.ts';
import { type Prose, proseOf } from '../../src/reproduce/prose.ts';
import type { Results } from '../../src/reproduce/results.ts';
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
const done = entries.flatMap(({ experiment, results }) =>
  results ? [{ experiment, results, files: resultsFiles({ experiment, results }) }] : [],
);

describe('docs/results.md', () => {
  it('is what `npm run results` writes', async () => {
    expect(await read('results.md')).toBe(resultsPage(entries));
  });

  it.each(done)(
    'has the figure and the files of $experiment.name, of its full settings',
    async ({ experiment, results, files }) => {
      for (const [name, content] of Object.entries(files)) {
        expect(await readFile(new URL(`results/${name}`, docs))).toEqual(Buffer.from(content));
      }
      expect({ quick: results.quick, settings: results.settings }).toEqual({ quick: false, settings: experiment.full });
      expect(Object.keys(results.runs)).toEqual(runsOf(experiment, results.settings).map(({ id }) => id));
    },
  );

  it('has no results of unknown experiments', async () => {
    const expected = done.flatMap(({ experiment, files }) => [`${experiment.name}.json`, ...Object.keys(files)]);
    expect((await readdir(new URL('results/', docs))).sort()).toEqual(expected.sort());
  });

  it('has the claim, the results, the command, and what is still to be run', () => {
    const experiment = counting({ ran: [] });
    const runs = Object.fromEntries(
      [1, 2, 3].map((seed) => [`seed-${seed}`, { seconds: 100, result: { value: 10 * seed } }]),
    );
    const results: Results = { experiment: 'counting', quick: false, settings: experiment.full, machine: 'M', runs };
    const prose: Prose = {
      about: 'Counting works.',
      paper: 'one, two, three',
      here: 'as it is',
      markdown: '# counting\n\nCounting works.\n\n- **Paper**: one\n<!-- command -->\n\n<!-- results -->\n\nA note.\n',
    };
    const page = resultsPage([{ experiment, results, prose }]);
    expect(page).toContain('| [counting](#counting) | Counting works | 1 of 1 |');
    expect(page).toContain(
      '## counting\n\nCounting works.\n\n- **Paper**: one\n- **Command**: `npm run lab -- reproduce counting`, 5 minutes (M)\n\n![',
    );
    expect(page).toContain('The last is 30.\n\nA note.\n');
    expect(resultsPage([{ experiment, prose }])).toContain('| counting | Counting works | not run yet |');
  });
});

it.each(experiments)('the prose of $name has all its parts', ({ name }) => {
  const { about, paper, here, markdown } = proseOf(name);
  expect(markdown.startsWith(`# ${name}\n`)).toBe(true);
  for (const part of [about, paper, here]) expect(part).toMatch(/[.?)]$/);
  for (const place of ['command', 'results']) expect(markdown).toContain(`<!-- ${place} -->\n`);
});
