/** examples/forecast in Chromium: built, with its weights next to it. It must connect to its own site only. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pastedTable } from '../../examples/forecast/pasted.ts';
import { SAMPLE } from '../../examples/forecast/sample.ts';
import { openBackend } from '../../packages/core/src/tensor/backend.ts';
import { loadForecaster } from '../../packages/forecast/src/load.ts';
import { csv, viewOf } from '../../packages/forecast/src/report/index.ts';
import { openTimeTable } from '../../packages/forecast/src/timeTable/index.ts';
import { findChromium, launch } from './chromium.ts';
import { buildPage, ISOLATION, remove, root, type Site, serve } from './site.ts';

describe('pasted text', () => {
  it.each([
    ['112 118 132', '112\n118\n132'],
    ['112, 118,132', '112\n118\n132'],
    [' 1\n2\n-3.5e2\nNA ', '1\n2\n-3.5e2\nNA'],
    ['1 2\n3 4', '1\n2\n3\n4'],
    ['1,2\n3,4', '1,2\n3,4'],
    ['day\tsales\n2026-01-01\t3', 'day\tsales\n2026-01-01\t3'],
    ['one two three', 'one two three'],
  ])('%j is read as %j', (text, table) => expect(pastedTable(text).text).toBe(table));
});

const chromium = findChromium();

if ('missing' in chromium) {
  describe('the page that forecasts', () => it.skip(`cannot be tested here: ${chromium.missing}`, () => {}));
} else {
  describe('the page that forecasts', { timeout: 180_000 }, () => {
    let browser: Browser;
    let folder: string;
    let site: Site;

    beforeAll(async () => {
      const configFile = join(root, 'examples/forecast/vite.config.ts');
      [browser, folder] = await Promise.all([launch(chromium.path), buildPage('examples/forecast', { configFile })]);
      site = await serve({ '/': folder }, { ...ISOLATION, 'Content-Security-Policy': "connect-src 'self'" });
    }, 240_000);

    afterAll(async () => {
      await browser?.close();
      await site?.close();
      if (folder) await remove(folder);
    }, 60_000);

    /** Opens the page. Errors in the console and requests for anything but the page's own files fail the test. */
    async function visit(use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const problems: string[] = [];
      const requests: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      context.on('request', (request) => {
        if (/^(blob|data):/.test(request.url())) return;
        requests.push(`${request.method()} ${new URL(request.url()).origin}${request.postData() ?? ''}`);
      });
      await page.goto(site.url);
      await idle(page);
      await use(page);
      await context.close();
      expect(problems).toEqual([]);
      expect(new Set(requests)).toEqual(new Set([`GET ${site.url}`]));
    }

    it('forecasts the example as in Node, and saves it', () =>
      visit(async (page) => {
        await page.click('#sample');
        await answered(page);
        expect(await page.inputValue('#horizon')).toBe('18');
        expect(await page.locator('#facts').textContent()).toContain('monthly, season of 12 steps');
        const saved = await save(page, '#csv');
        const expected = await ofNode(SAMPLE.text, 18, [80]);
        expect(saved.split('\n')[0]).toBe(expected.split('\n')[0]);
        expectClose(numbersIn(saved), numbersIn(expected));
        expect(await save(page, '#svg')).toContain('<svg xmlns=');
        expect(await page.locator('#table tr').count()).toBe(19);
        expect(await page.locator('#table tr').nth(1).textContent()).toMatch(/^1961-01/);
      }));

    it('follows the controls', () =>
      visit(async (page) => {
        await page.click('#sample');
        await answered(page);
        await page.fill('#horizon', '30');
        await page.locator('#horizon').blur();
        await answered(page);
        await page.selectOption('#level', '80,95');
        await answered(page);
        const [header, ...rows] = (await save(page, '#csv')).trim().split('\n');
        expect(rows).toHaveLength(30);
        expect(header).toMatch(/,low80,high80,low95,high95$/);
        expect(await page.locator('#chart svg').first().textContent()).toContain('95 % interval');
        await page.fill('#horizon', '0');
        await page.locator('#horizon').blur();
        await idle(page);
        expect(await page.locator('#message').textContent()).toContain('horizon is 0, expected a whole number from 1');
      }));

    it('reads a file that is chosen or dropped, several series in it', () =>
      visit(async (page) => {
        const text = await readFile(join(root, 'test/fixtures/data/presidents.csv'), 'utf8');
        await page.setInputFiles('#file', { name: 'presidents.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
        await answered(page);
        expect(await page.locator('#facts').textContent()).toContain('presidents.csv');
        await page.evaluate(() => {
          const days = Array.from({ length: 40 }, (_, t) =>
            new Date(Date.UTC(2026, 0, 1 + t)).toISOString().slice(0, 10),
          );
          const table = [
            'day;shop;sales',
            ...['a', 'b'].flatMap((id) => days.map((day, t) => `${day};${id};${t % 7},5`)),
          ];
          const data = new DataTransfer();
          data.items.add(new File([table.join('\n')], 'shops.csv'));
          document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        });
        await answered(page);
        expect(await page.locator('#facts').textContent()).toContain('a series for each "shop"');
        const [, ...rows] = (await save(page, '#csv')).trim().split('\n');
        expect(rows.map((row) => row.split(',').slice(0, 2).join()).filter((_, i) => i % 14 === 0)).toEqual([
          'a,2026-02-10',
          'b,2026-02-10',
        ]);
      }));

    it('forecasts pasted numbers', () =>
      visit(async (page) => {
        await page.click('summary >> nth=0');
        await page.fill('#pasted', '1 2 3 4 1 2 3 4 1 2 3 4 1 2 3 4 1 2 3 4');
        await page.click('#take');
        await answered(page);
        expect((await save(page, '#csv')).trim().split('\n')).toHaveLength(25);
      }));

    it('says what is wrong with a file, and forecasts the next one', () =>
      visit(async (page) => {
        await page.click('#sample');
        await answered(page);
        for (const [name, text, message] of [
          ['empty.csv', '', 'empty.csv is empty'],
          ['words.csv', 'a,b\nx,y\nz,w\n', 'words.csv'],
          ['picture.csv', '\u0000\u0001\ufffd', 'picture.csv'],
          ['twice.csv', 'day,sales\n2026-01-01,1\n2026-01-01,2\n2026-01-02,3\n', 'line 3 has the time of line 2 again'],
        ]) {
          await page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer: Buffer.from(text) });
          await idle(page);
          expect(await page.locator('#message').textContent()).toContain(message);
          // Not the chart of another table.
          expect(await page.locator('#chart svg.figure').isVisible()).toBe(false);
        }
        await page.click('#sample');
        await answered(page);
        expect(await page.locator('#message').textContent()).toBe('');
      }));

    it('fits a phone, in the light and in the dark theme', () =>
      visit(
        async (page) => {
          await page.click('#sample');
          await answered(page);
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
          const ground = () =>
            page.evaluate(() => getComputedStyle(document.querySelector('#chart svg rect') as Element).fill);
          expect(await ground()).toBe('rgb(255, 255, 255)');
          await page.emulateMedia({ colorScheme: 'dark' });
          expect(await ground()).toBe('rgb(21, 24, 29)');
        },
        { viewport: { width: 390, height: 800 } },
      ));

    it('may not connect to another site', async () => {
      const page = await browser.newPage();
      await page.goto(site.url);
      const directive = await page.evaluate(
        () =>
          new Promise((resolve) => {
            document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
            fetch('http://127.0.0.1:9/', { method: 'POST', body: 'my data' }).catch(() => {});
          }),
      );
      expect(directive).toBe('connect-src');
      await page.close();
    });
  });
}

const idle = (page: Page) => page.locator('body[data-state=idle]').waitFor({ timeout: 120_000 });

async function answered(page: Page): Promise<void> {
  await idle(page);
  await page.locator('#chart svg.figure').waitFor();
}

async function save(page: Page, button: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  return readFile(await download.path(), 'utf8');
}

async function ofNode(text: string, horizon: number, levels: number[]): Promise<string> {
  const backend = await openBackend('wasm', { threads: 1 });
  const forecaster = await loadForecaster(undefined, { backend });
  const views = [];
  for await (const one of forecaster.forecast(await openTimeTable({ text }), { horizon, levels })) {
    views.push(viewOf(one));
  }
  const chunks = [];
  for await (const chunk of csv(views)) chunks.push(chunk);
  backend.dispose();
  return chunks.join('');
}

const numbersIn = (text: string): number[] =>
  text
    .trim()
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split(',').slice(2).map(Number));

function expectClose(got: readonly number[], want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  got.forEach((value, i) => {
    expect(Math.abs(value - want[i])).toBeLessThan(1e-3 * Math.abs(want[i]));
  });
}
