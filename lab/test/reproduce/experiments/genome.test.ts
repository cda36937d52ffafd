import { describe, expect, it } from 'vitest';
import { runsOf } from '../../../src/reproduce/experiment.ts';
import { genome } from '../../../src/reproduce/experiments/genome/genome.ts';
import { genomeConfig } from '../../../src/reproduce/experiments/genome/genomeModels.ts';
import type { GenomeResult } from '../../../src/reproduce/experiments/genome/genomeReport.ts';
import { changed } from '../../../src/reproduce/settings.ts';
import { reached, reportOf } from '../madeUp.ts';

const { full, quick } = genome;
const runs = (more: Partial<typeof full>) => () => runsOf(genome, { ...full, ...more });

describe('the experiment of the genome', () => {
  it.each([
    ['full', full],
    ['quick', quick],
  ])('compares models of one size: %s', (_, given) => {
    const sizes = given.models.map((name) => genomeConfig(name, given).parameters);
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.03);
  });

  it('counts once, and learns with every model and seed', () => {
    const ids = runsOf(genome, full).map(({ id }) => id);
    expect(ids.length).toBe(1 + full.models.length * full.seeds.length);
    expect(ids.slice(0, 2)).toEqual(['markov', `${full.models[0]}-${full.seeds[0]}`]);
  });

  it('says how much longer contexts save, on the same pieces', () => {
    const given: typeof full = {
      ...full,
      models: ['mamba', 's4d'],
      learningRates: [1, 1],
      seeds: [1],
      contexts: [1024, 4096],
    };
    const mamba: GenomeResult = {
      pieces: [
        [1.91, 1.95, 1.9],
        [1.9, 1.939, 1.891],
      ],
      parameters: 10,
    };
    const s4d: GenomeResult = { pieces: [mamba.pieces[0], mamba.pieces[0]], parameters: 10 };
    const markov: GenomeResult = { pieces: [[1.95, 1.95, 1.95]] };
    const results = (first: GenomeResult, second: GenomeResult) => (id: string) =>
      ({ markov, 'mamba-1': first, 's4d-1': second })[id] ?? markov;
    const report = reportOf(genome, results(mamba, s4d), given);
    // 10, 11 and 9 thousandths: mean 10, and 4.303 / √3 of their deviation of 1 to each side.
    expect(report.tables[0].rows[1]).toEqual(['Mamba', '10', '1.9200', '1.9100', '10.00 ± 2.48 millibits']);
    expect(reached(report)).toEqual([true, true, true, true]);
    expect(reached(reportOf(genome, results(s4d, mamba), given))).toEqual([false, false, false, false]);
  });

  it('refuses settings that do not fit', () => {
    expect(() => changed(genome, full, ['models=rwkv4'])).toThrow('genome: models[0] is "rwkv4"');
    expect(runs({ learningRates: [1] })).toThrow('1 learningRates for 4 models');
    expect(runs({ contexts: [1024, 256] })).toThrow('contexts are 1024,256, expected each longer');
    expect(() => changed(genome, full, ['contexts=-256,256'])).toThrow('contexts[0] is -256');
    expect(runs({ contexts: [1000, 3000] })).toThrow('scored is 98304 with contexts 1000,3000');
    expect(runs({ scored: 131_072 })).toThrow('expected at most heldOut = 104000');
  });
});
