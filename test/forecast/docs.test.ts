/** What docs/forecasting.md shows of covariates runs as it stands there. */
import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import * as mamba from '../../src/index.ts';
import { Random } from '../../src/random.ts';
import { Smoothing } from '../support/smoothing.ts';
import { noise } from '../support/worlds.ts';

const page = await readFile(new URL('../../docs/forecasting.md', import.meta.url), 'utf8');
const sectionOf = (heading: string) => page.slice(page.indexOf(`## ${heading}\n`));
const codeOf = (heading: string) =>
  (/```js\n([\s\S]*?)```/.exec(sectionOf(heading))?.[1] ?? '').replace(/^import .*$/gm, '').replaceAll('[…]', 'list');

const random = new Random(1);
const print = vi.fn();
const run = (heading: string, more: Record<string, unknown>) => {
  const given = { ...mamba, loadForecaster: async () => new Smoothing(), console: { log: print }, ...more };
  const body = `return (async () => { ${codeOf(heading)} })();`;
  return new Function(...Object.keys(given), body)(...Object.values(given));
};

it('covariates', async () => {
  const [price, weather, offer] = [noise(random, 114), noise(random, 114), noise(random, 114).map((x) => x > 1)];
  const sales = price
    .slice(0, 100)
    .map((x, t) => 100 * Math.exp(0.2 * x + (offer[t] ? 0.5 : 0) + 0.05 * random.normal()));
  await run('Covariates', { price, weather, offer, visitors: noise(random, 100), sales });
  const [found] = print.mock.calls[0];
  expect(found).toMatchObject({ used: ['price', 'offer'], dropped: ['visitors', 'weather'], beyond: [] });
  // As the page shows it.
  expect(Object.keys(found).sort()).toEqual(['beyond', 'dropped', 'effect', 'gain', 'mode', 'used']);
});

it('holidays', async () => {
  const times = Array.from({ length: 128 }, (_, i) => Date.UTC(2024, 0, 1 + i));
  await run('Holidays', { times, sales: noise(random, 100), f: new Smoothing() });
});

it('several series', async () => {
  const list = noise(random, 60);
  await run('Several series together', { list, f: new Smoothing() });
});
