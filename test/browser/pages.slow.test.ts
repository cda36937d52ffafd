/**
 * The built packages in Chromium: pages built by Vite, with and without cross-origin isolation, on the main thread
 * and in a Worker.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGolden } from '../support/golden.ts';
import { findChromium, launch } from './chromium.ts';
import type { Job, JobReport } from './page/job.ts';
import { buildPage, ISOLATION, remove, root, type Site, serve } from './site.ts';

const chromium = findChromium();
const TRAIN = { text: 'What is remembered is chosen. '.repeat(200), steps: 20 };

if ('missing' in chromium) {
  console.warn(`The browser tests are skipped: ${chromium.missing}.`);
  describe('the browser', () => it.skip(`cannot be tested here: ${chromium.missing}`, () => {}));
} else {
  describe('the browser', { timeout: 180_000 }, () => {
    let browser: Browser;
    let folder: string;
    const sites: Record<string, Site> = {};

    beforeAll(async () => {
      [browser, folder] = await Promise.all([launch(chromium.path), buildPage('test/browser/page')]);
      const folders = { '/': folder, '/mamba-tiny/': `${root}/test/fixtures/golden/mamba-tiny` };
      sites.isolated = await serve(folders, ISOLATION);
      sites.plain = await serve(folders);
    }, 240_000);

    afterAll(async () => {
      await browser?.close();
      await Promise.all(Object.values(sites).map((site) => site.close()));
      if (folder) await remove(folder);
    }, 60_000);

    /** Opens the page and runs the job. Errors and warnings in the console fail the test. */
    async function run(site: string, where: 'page' | 'Worker', job: Job): Promise<JobReport> {
      const page = await browser.newPage();
      const problems = listen(page);
      await page.goto(sites[site].url);
      await page.waitForFunction(() => 'run' in globalThis);
      const report = await page.evaluate(([job, where]) => globalThis.run(job, where), [job, where] as const);
      await page.close();
      expect(problems).toEqual([]);
      return report;
    }

    describe.each([
      { site: 'isolated', name: 'cross-origin isolated', threads: 2 },
      { site: 'plain', name: 'not cross-origin isolated', threads: 1 },
    ])('$name', ({ site, threads }) => {
      it.each(['page', 'Worker'] as const)(`trains and generates with ${threads} threads (%s)`, async (where) => {
        const report = await run(site, where, { threads: 2, train: TRAIN });
        expect(report).toMatchObject({ isolated: site === 'isolated', inWorker: where === 'Worker', threads });
        expectTrained(report);
      });

      it('loads a checkpoint over HTTP and gives the official logits', async () => {
        const expected = await readGolden('mamba-tiny/expected');
        const { shape, data } = expected.get('tokens');
        const tokens = Array.from({ length: shape[0] }, (_, b) =>
          Array.from(data.slice(b * shape[1], (b + 1) * shape[1])),
        );
        const load = { url: `${sites[site].url}/mamba-tiny`, tokens };
        for (const withoutRelaxedSimd of [false, true]) {
          const { logits, description } = await run(site, 'Worker', { threads: 2, withoutRelaxedSimd, load });
          expect(description.includes('relaxed')).toBe(!withoutRelaxedSimd);
          expectClose(logits, expected.get('logits').data, 5e-5);
        }
      });
    });

    it('has the same results with one thread and two, on the page and in a Worker', async () => {
      const one = await run('isolated', 'page', { threads: 1, train: TRAIN });
      const two = await run('isolated', 'Worker', { threads: 2, train: TRAIN });
      expect([one.threads, two.threads]).toEqual([1, 2]);
      expectClose(two.losses, one.losses, 1e-4);
      expect(two.text).toBe(one.text);
    });

    it('runs without relaxed SIMD', async () => {
      const report = await run('isolated', 'Worker', { threads: 2, withoutRelaxedSimd: true, train: TRAIN });
      expect(report.description).not.toContain('relaxed');
      expectTrained(report);
    });

    it('says which file is missing', async () => {
      const load = { url: `${sites.plain.url}/nowhere`, tokens: [[1]] };
      const page = await browser.newPage();
      await page.goto(sites.plain.url);
      await page.waitForFunction(() => 'run' in globalThis);
      const answer = page.evaluate((job) => globalThis.run(job, 'page'), { threads: 1, load });
      await expect(answer).rejects.toThrow(/nowhere\/config\.json answered 404/);
      await page.close();
    });
  });
}

function listen(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  return problems;
}

function expectTrained({ losses, text }: JobReport): void {
  expect(losses).toHaveLength(TRAIN.steps);
  expect(losses[0]).toBeGreaterThan(5);
  expect(losses[TRAIN.steps - 1]).toBeLessThan(losses[0] - 1);
  expect(text.length).toBeGreaterThan(0);
}

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(want.length);
  let largest = 0;
  let error = 0;
  for (let i = 0; i < want.length; i++) {
    largest = Math.max(largest, Math.abs(want[i]));
    error = Math.max(error, Math.abs(got[i] - want[i]));
  }
  expect(error / (1e-3 + largest)).toBeLessThan(tolerance);
}
