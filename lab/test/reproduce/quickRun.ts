/** What holds for the quick run of every experiment. Each has a test file, so that they run in parallel. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openBackend } from '../../../packages/core/src/tensor/backend.ts';
import { figure } from '../../../packages/forecast/src/chart/figure.ts';
import { experimentOf } from '../../src/reproduce/catalogue.ts';
import { markdownReport } from '../../src/reproduce/markdown.ts';
import { reportOf } from '../../src/reproduce/results.ts';
import { conduct } from '../../src/reproduce/runner.ts';

export function quickRun(name: string): void {
  it(`${name} --quick does every step`, { timeout: 600_000 }, async () => {
    const experiment = experimentOf(name);
    const out = await mkdtemp(join(tmpdir(), 'reproduce-'));
    const backend = await openBackend('auto', { threads: 1 });
    try {
      const seen: number[] = [];
      const results = await conduct(experiment, backend, {
        settings: experiment.quick,
        quick: true,
        out,
        reporter: { progress: ({ done }) => seen.push(done) },
      });
      if (!results) throw new Error('It was stopped.');
      expect(seen.length).toBeGreaterThan(0);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      // As a committed result is drawn: from JSON, twice the same.
      const read = JSON.parse(JSON.stringify(results));
      const report = reportOf(experiment, read);
      expect(figure(report.figure)).toBe(figure(reportOf(experiment, read).figure));
      const text = markdownReport(report) + figure(report.figure);
      expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
      expect(report.goals.length).toBeGreaterThan(0);
      for (const { rows } of report.tables) {
        expect(rows.length).toBeGreaterThan(1);
        for (const row of rows) expect(row).toHaveLength(rows[0].length);
      }
    } finally {
      backend.dispose();
      await rm(out, { recursive: true, force: true });
    }
  });
}
