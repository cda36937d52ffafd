/** examples/browser in Chromium: built, and on Vite's development server with the packages installed. */
import { cp, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launch } from './chromium.ts';
import { buildPage, ISOLATION, remove, root, serve } from './site.ts';

const chromium = findChromium();
/** Packages that ours import in a browser. */
const DEPENDENCIES = [
  'fastest-levenshtein',
  '@huggingface/tokenizers',
  'csv-parse',
  'd3-array',
  'd3-time',
  'internmap',
];

if ('missing' in chromium) {
  describe('the example page', () => it.skip(`cannot be tested here: ${chromium.missing}`, () => {}));
} else {
  describe('the example page', { timeout: 180_000 }, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch(chromium.path);
    }, 240_000);
    afterAll(() => browser?.close(), 60_000);

    it('trains with falling loss, draws it and writes', async () => {
      const folder = await buildPage('examples/browser');
      const site = await serve({ '/': folder }, ISOLATION);
      const page = await browser.newPage();
      await use(page, site.url);
      expect(await page.locator('#device').textContent()).toContain('WebAssembly');
      expect(await page.locator('#chart path.smooth').getAttribute('d')).toMatch(/^M[\d. ]+L/);
      await page.close();
      await site.close();
      await remove(folder);
    });

    it('does the same on the development server, from node_modules, with optimizeDeps.exclude', async () => {
      const project = await installedProject();
      const server = await createServer({
        root: project,
        configFile: false,
        logLevel: 'error',
        cacheDir: join(project, '.vite'),
        optimizeDeps: { exclude: ['mamba-ts', '@mamba-ts/core', '@mamba-ts/forecast'] },
        server: { port: 0, host: '127.0.0.1', headers: ISOLATION, watch: null },
      });
      await server.listen();
      const page = await browser.newPage();
      await use(page, server.resolvedUrls?.local[0] as string);
      await page.close();
      await server.close();
      await remove(project);
    });
  });
}

/** Trains 20 updates and writes. Errors in the console fail the test. */
async function use(page: Page, url: string): Promise<void> {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  const idle = () => page.locator('body[data-state=idle]').waitFor({ timeout: 120_000 });
  await page.goto(url);
  await idle();
  const losses: number[] = [];
  await page.exposeFunction('reportProgress', (text: string) => losses.push(Number(/· ([\d.]+) bits/.exec(text)?.[1])));
  await page.evaluate(() => {
    const progress = document.querySelector('#progress') as HTMLElement;
    const report = (globalThis as unknown as { reportProgress(text: string): void }).reportProgress;
    new MutationObserver(() => report(progress.textContent ?? '')).observe(progress, { childList: true });
  });
  await page.fill('#steps', '20');
  await page.click('#train');
  await page.locator('body[data-state=training]').waitFor();
  await idle();
  expect(await page.locator('#progress').textContent()).toContain('update 20 ');
  expect(losses[0]).toBeGreaterThan(6);
  expect(losses.at(-1)).toBeLessThan(losses[0] - 1);
  await page.fill('#prompt', 'JULIET:');
  await page.click('#write button');
  await idle();
  expect(await page.locator('#text').textContent()).toMatch(/^JULIET:.{20,}/s);
  expect(problems).toEqual([]);
}

/** The files of the example in a project that has the packages in node_modules, as `npm install` puts them there. */
async function installedProject(): Promise<string> {
  const project = await mkdtemp(join(await realpath(tmpdir()), 'mamba-ts-project-'));
  const copy = (from: string, to: string) => cp(join(root, from), join(project, to), { recursive: true });
  const installed = {
    'packages/mamba-ts': 'mamba-ts',
    'packages/core': '@mamba-ts/core',
    'packages/forecast': '@mamba-ts/forecast',
  };
  for (const [folder, name] of Object.entries(installed)) {
    await copy(`${folder}/package.json`, `node_modules/${name}/package.json`);
    await copy(`${folder}/dist`, `node_modules/${name}/dist`);
  }
  for (const name of DEPENDENCIES) await copy(`node_modules/${name}`, `node_modules/${name}`);
  await copy('examples/browser', '.');
  await copy('packages/mamba-ts/data', 'public/data');
  const worker = join(project, 'worker.ts');
  const source = await readFile(worker, 'utf8');
  await writeFile(
    worker,
    source.replace(/new URL\('.*shakespeare\.txt', import\.meta\.url\)/, "'/data/shakespeare.txt'"),
  );
  await writeFile(join(project, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  return project;
}
