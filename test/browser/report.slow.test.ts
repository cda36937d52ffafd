/** The HTML report in a browser: picking a series, reading values by pointer and by keys, without a network. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html } from '../../packages/forecast/src/report/index.ts';
import { presidents, view } from '../../packages/forecast/test/report/views.ts';
import { findChromium, launch } from './chromium.ts';

const chromium = findChromium();

if ('missing' in chromium) {
  describe('the report in a browser', () => it.skip(`cannot be tested here: ${chromium.missing}`, () => {}));
} else {
  describe('the report in a browser', { timeout: 60_000 }, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch(chromium.path);
    }, 120_000);
    afterAll(() => browser?.close(), 60_000);

    async function open(width: number, use: (page: Page) => Promise<void>): Promise<void> {
      const page = await browser.newPage({ viewport: { width, height: 800 } });
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => problems.push(message.text()));
      page.on('request', (request) => problems.push(request.url()));
      await page.setContent(html([presidents(), view([1, 2, Number.NaN, 4], { name: 'second' })]));
      await use(page);
      await page.close();
      expect(problems).toEqual([]);
    }

    /** A point in the lower half of the plot, at a share of its width. */
    async function inPlot(page: Page, share: number): Promise<[number, number]> {
      const box = await page.locator('[data-x]:visible').first().boundingBox();
      if (!box) throw new Error('no plot is visible');
      return [box.x + share * box.width, box.y + 0.8 * box.height];
    }

    it.each([1000, 375])('reads values at %i pixels', (width) =>
      open(width, async (page) => {
        const readout = page.locator('.series:not([hidden]) .readout');
        await page.mouse.move(...(await inPlot(page, 0.999)));
        expect(await readout.allInnerTexts()).toEqual(['1976-10\nmedian: 20\n80 %: 4 to 36\n95 %: 1 to 39']);
        await page.mouse.move(...(await inPlot(page, 0.001)));
        expect(await readout.allInnerTexts()).toEqual(['1951-01\n36']);
        const [box, chart] = await Promise.all([readout.boundingBox(), page.locator('.chart').first().boundingBox()]);
        expect(box && chart && box.x >= chart.x && box.x + box.width <= chart.x + chart.width).toBe(true);
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      }),
    );

    it('picks a series, and reads it by keys', () =>
      open(1000, async (page) => {
        const names = page.locator('h2:visible');
        expect(await names.allInnerTexts()).toEqual(['presidents']);
        await page.selectOption('select', { label: 'second' });
        expect(await names.allInnerTexts()).toEqual(['second']);
        await page.locator('.chart:visible').focus();
        const readout = page.locator('.readout:visible');
        for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft');
        expect(await readout.allInnerTexts()).toEqual(['3\nmissing']);
        await page.keyboard.press('ArrowRight');
        expect(await readout.allInnerTexts()).toEqual(['4\n4']);
        await page.keyboard.press('Escape');
        expect(await readout.count()).toBe(0);
        await page.click('button[data-step="1"]');
        expect(await names.allInnerTexts()).toEqual(['presidents']);
      }));

    it('shows all series without scripts', async () => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.setContent(html([presidents(), view([1, 2], { name: 'second' })]));
      expect(await page.locator('h2:visible').allInnerTexts()).toEqual(['presidents', 'second']);
      expect(await page.locator('nav').isVisible()).toBe(false);
      await context.close();
    });
  });
}
