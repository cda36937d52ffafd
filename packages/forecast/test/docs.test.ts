/** What docs/forecasting.md shows does what it says: every block of code runs, every flag is one. */
import { readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { lastValue, normalForecaster } from '../../../test/support/forecasters.ts';
import { Smoothing } from '../../../test/support/smoothing.ts';
import { untrained } from '../../../test/support/untrained.ts';
import { noise } from '../../../test/support/worlds.ts';
import { Random } from '../../core/src/random.ts';
import { workFolder } from '../../core/test/train/runs.ts';
import { verbs } from '../../mamba-ts/src/cli/verbs.ts';
import * as mamba from '../../mamba-ts/src/index.ts';
import * as serve from '../../server/src/index.ts';
import type { Forecaster } from '../src/forecaster.ts';
import type { SeriesForecaster } from '../src/types.ts';
import { day, rows } from './timeTable/tables.ts';

const page = await readFile(new URL('../../../docs/forecasting.md', import.meta.url), 'utf8');
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ heading: text.slice(0, text.indexOf('\n')), text }));
const blocks = (language: string, text = page) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code);

let network: Forecaster;
beforeAll(async () => {
  network = await untrained();
});
afterAll(() => network.dispose());

/** Runs the code below a heading; gives what it prints. `forecaster` is the model that it loads. */
async function printed(heading: string, inner: SeriesForecaster, more: Record<string, unknown> = {}) {
  const { text } = sections.find((one) => one.heading === heading)!;
  const [code] = blocks('js', text).map((block) => block.replace(/^import .*$/gm, ''));
  const log = vi.fn();
  const forecaster = new mamba.Forecaster(Object.assign(Object.create(inner), { dispose() {} }));
  const loadForecaster = async () => forecaster;
  const given = { ...mamba, ...serve, loadForecaster, forecaster, console: { log }, ...more };
  // What a page has loaded already is declared once more by those that load it.
  if (/const forecaster =/.test(code)) delete (given as Record<string, unknown>).forecaster;
  await new Function(...Object.keys(given), `return (async () => { ${code} })();`)(...Object.values(given));
  return log.mock.calls;
}

const random = new Random(1);
const weeks = Array.from({ length: 350 }, (_, t) => 20 + (t % 7) + random.normal());
weeks[300] = 90;

/** By heading: runs its code, and looks at what came of it. */
const cases: Record<string, () => Promise<void>> = {
  async Start() {
    const [[median, low10, low95], [other]] = await printed('Start', network, {
      sales: weeks,
      visits: weeks.slice(100),
    });
    expect([median, low10, low95, other].map((row) => (row as number[]).length)).toEqual([24, 24, 24, 24]);
    expect((low95 as number[])[0]).toBeLessThan((low10 as number[])[0]);
  },
  async Tables() {
    const text = rows(10, (i) => `${day(i)},${i}`, 'date,y');
    const [[id, missing, ahead]] = await printed('Tables', normalForecaster('last value', lastValue), { text });
    expect([id, missing]).toEqual(['y', 0]);
    expect((ahead as unknown[]).slice(0, 2)).toEqual([
      ['2024-01-11', 9],
      ['2024-01-12', 9],
    ]);
  },
  async Streams() {
    const [[first], [count, later]] = await printed('Streams', network, { values: weeks });
    expect(first).toHaveLength(24);
    expect(count).toBe(351);
    const { median } = await network.forecast([...weeks, 17.2], { horizon: 24, season: 24 });
    for (const [t, x] of (later as number[]).entries()) expect(x).toBeCloseTo(median[t], 3);
  },
  async Backtest() {
    const drift = await mamba.openBaseline('drift');
    const [[mase, relative, coverage, count], ...others] = await printed('Backtest', drift, { values: weeks });
    expect(mase).toBeGreaterThan(1);
    expect(relative).toBeGreaterThan(1);
    expect(coverage).toBeGreaterThan(0.5);
    expect(count).toBe(2);
    expect(others.slice(0, 4).map(([cutoff]) => cutoff)).toEqual([294, 308, 322, 336]);
    const [expected, low] = others[4] as number[];
    expect(low).toBeLessThan(expected);
  },
  async Anomalies() {
    const drift = await mamba.openBaseline('drift');
    const [[flagged, judged, range, count], ...others] = await printed('Anomalies', drift, { values: weeks });
    expect([flagged, judged]).toEqual([expect.any(Number), 168]);
    expect(range).toEqual([0, expect.any(Number)]);
    expect(count).toBeGreaterThanOrEqual(flagged as number);
    expect(others.map(([value]) => value)).toContain(90);
  },
  async Covariates() {
    const [price, weather, offer] = [noise(random, 114), noise(random, 114), noise(random, 114).map((x) => x > 1)];
    const sales = price
      .slice(0, 100)
      .map((x, t) => 100 * Math.exp(0.2 * x + (offer[t] ? 0.5 : 0) + 0.05 * random.normal()));
    const given = { price, weather, offer, visitors: noise(random, 100), sales };
    const [[found]] = await printed('Covariates', new Smoothing(), given);
    expect(found).toMatchObject({ used: ['price', 'offer'], dropped: ['visitors', 'weather'], beyond: [] });
    // As the page shows it.
    expect(Object.keys(found as object).sort()).toEqual(['beyond', 'dropped', 'effect', 'gain', 'mode', 'used']);
  },
  async Holidays() {
    const times = Array.from({ length: 100 }, (_, i) => new Date(Date.UTC(2024, 0, 1 + i)));
    const [[used]] = await printed('Holidays', new Smoothing(), { times, sales: noise(random, 100) });
    expect(used).toEqual([]);
  },
  async 'Several series together'() {
    const deliveries = noise(random, 60);
    const shopSales = deliveries.map((_, t) => 10 + 3 * deliveries[Math.max(0, t - 4)]);
    const [[used]] = await printed('Several series together', new Smoothing(), { shopSales, deliveries });
    expect(used).toEqual(['series 1']);
  },
  async 'Sample paths'() {
    const sales = Array.from(noise(random, 60), (x) => 100 + x);
    const [[low, high]] = (await printed('Sample paths', new Smoothing(), { sales })) as [[number, number]];
    expect(low).toBeLessThan(high);
    expect(low).toBeGreaterThan(14 * 90);
    expect(high).toBeLessThan(14 * 110);
  },
  async 'Pictures and reports'() {
    const at = await workFolder({});
    const hours = (from: number, count: number) => Array.from({ length: count }, (_, i) => 3_600_000 * (from + i));
    const out: string[] = [];
    const process = { stdout: { isTTY: false, write: (text: string) => out.push(text) }, env: {} };
    const [[chart]] = await printed('Pictures and reports', network, {
      ...{ process, history: weeks, times: hours(0, 350), futureTimes: hours(350, 24) },
      writeFile: (name: string, made: string) => writeFile(`${at}/${name}`, made),
    });
    expect(chart).toContain('sales');
    expect(await readFile(`${at}/sales.svg`, 'utf8')).toContain('</svg>');
    expect((await readFile(`${at}/sales.png`)).subarray(1, 4).toString()).toBe('PNG');
    expect(await readFile(`${at}/sales.html`, 'utf8')).toContain('</html>');
    expect(out.join('').trimEnd().split('\n')).toHaveLength(25);
  },
  async Serving() {
    const listen = vi.fn((handler: serve.Handler) => serve.listen(handler, { port: 0 }));
    await printed('Serving', normalForecaster('last value', lastValue), { listen });
    const { url, close } = await listen.mock.results[0].value;
    const { text } = sections.find(({ heading }) => heading === 'Serving')!;
    const [request] = blocks('json', text);
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${url}/v1/forecast`, { method: 'POST', headers, body: request });
    expect(answer.status).toBe(200);
    const { forecasts } = (await answer.json()) as serve.ForecastAnswer;
    expect(forecasts).toMatchObject([{ id: 'shop 1', times: ['2026-03-05', '2026-03-06'] }]);
    await close();
  },
  async 'In the browser'() {
    const chart = { innerHTML: '' };
    await printed('In the browser', network, { text: rows(40, (i) => `${day(i)},${i % 7}`, 'date,y'), chart });
    expect(chart.innerHTML).toContain('</svg>');
  },
};

describe('the code of docs/forecasting.md', () => {
  it.each(Object.entries(cases))('%s', (_, run) => run());

  it('is run all of it', () => {
    const shown = sections.filter(({ text }) => blocks('js', text).length > 0);
    expect(Object.keys(cases).sort()).toEqual(shown.map(({ heading }) => heading).sort());
    for (const { heading, text } of shown) expect(blocks('js', text), heading).toHaveLength(1);
  });
});

describe('the commands of docs/forecasting.md', () => {
  const program = new Command();
  beforeAll(async () => {
    for (const [name, { load }] of Object.entries(verbs['Forecasting:'])) (await load()).define(program.command(name));
  });
  const flagsOf = (verb: string) =>
    program.commands.find((command) => command.name() === verb)?.options.map(({ long }) => long);
  const lines = blocks('sh').flatMap((block) => block.split('\n'));

  it.each(lines.filter((line) => line.startsWith('mamba-ts ')))('%s', (line) => {
    const [command] = line.split(' #');
    const known = flagsOf(command.split(' ')[1]);
    for (const flag of command.match(/--[a-z-]+/g) ?? []) expect(known).toContain(flag);
    expect(known).toContain('--model');
  });

  it('and the flags in its text are known to one of them', () => {
    const known = program.commands.flatMap((command) => flagsOf(command.name()));
    const said = [...page.matchAll(/`(--[a-z-]+)/g)].map(([, flag]) => flag);
    expect(said.length).toBeGreaterThan(20);
    for (const flag of said) expect(known).toContain(flag);
  });

  it('has headings where its links go', () => {
    const anchors = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, anchor] of page.matchAll(/\]\(#([^)]*)\)/g)) expect(anchors).toContain(anchor);
  });
});
