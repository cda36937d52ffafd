/** The examples of docs/forecasting.md do what they say: those of backtests and of anomalies. */
import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import * as mamba from '../../../src/index.ts';
import { Random } from '../../../src/random.ts';

const page = await readFile(new URL('../../../docs/forecasting.md', import.meta.url), 'utf8');

/** Runs the code of a section on weeks of days, with a baseline for the forecaster; gives what it prints. */
async function printed(heading: string): Promise<unknown[][]> {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`) + 4);
  const code = /```js\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  const random = new Random(1);
  const values = Array.from({ length: 350 }, (_, t) => 20 + (t % 7) + random.normal());
  values[300] = 90;
  const drift = await mamba.openBaseline('drift');
  const log = vi.fn();
  const given = { ...mamba, loadForecaster: async () => drift, values, console: { log } };
  const body = `return (async () => { ${code.replace(/^import .*$/m, '')} })();`;
  await new Function(...Object.keys(given), body)(...Object.values(given));
  return log.mock.calls;
}

it('measures forecasters', async () => {
  const [[mase, relative, coverage, rows], ...others] = await printed('Backtest');
  expect(mase).toBeGreaterThan(1);
  expect(relative).toBeGreaterThan(1);
  expect(coverage).toBeGreaterThan(0.5);
  expect(rows).toBe(2);
  expect(others.slice(0, 4).map(([cutoff]) => cutoff)).toEqual([294, 308, 322, 336]);
  const [expected, low] = others[4] as number[];
  expect(low).toBeLessThan(expected);
});

it('finds anomalies', async () => {
  const [[flagged, judged, range, count], ...others] = await printed('Anomalies');
  expect([flagged, judged]).toEqual([expect.any(Number), 168]);
  expect(range).toEqual([0, expect.any(Number)]);
  expect(count).toBeGreaterThanOrEqual(flagged as number);
  expect(others.map(([value]) => value)).toContain(90);
});
