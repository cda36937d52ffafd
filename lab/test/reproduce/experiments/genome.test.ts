import { describe, expect, it } from 'vitest';
import { genome } from '../../../src/reproduce/experiments/genome/genome.ts';
import type { GenomeResult } from '../../../src/reproduce/experiments/genome/genomeReport.ts';
import { type GenomeSettings, genomeModel } from '../../../src/reproduce/experiments/genome/models.ts';

const settings = genome.full as GenomeSettings;
const asked = (more: Partial<GenomeSettings>) => () => genome.runs({ ...settings, ...more } as never);

describe('the experiment of the genome', () => {
  it.each([
    ['full', settings],
    ['quick', genome.quick as GenomeSettings],
  ])('compares models of one size: %s', (_, given) => {
    const sizes = given.models.map((name) => genomeModel(name, given).parameters);
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.03);
  });

  it('counts once, and learns with every model and seed', () => {
    const ids = genome.runs(settings).map(({ id }) => id);
    expect(ids.length).toBe(1 + settings.models.length * settings.seeds.length);
    expect(ids.slice(0, 2)).toEqual(['markov', `${settings.models[0]}-${settings.seeds[0]}`]);
  });

  it('says how much longer contexts save, on the same pieces', () => {
    const given = { ...settings, models: ['mamba', 's4d'], seeds: [1], contexts: [1024, 4096] };
    const mamba: GenomeResult = {
      pieces: [
        [1.91, 1.95, 1.9],
        [1.9, 1.939, 1.891],
      ],
      parameters: 10,
    };
    const s4d: GenomeResult = { pieces: [mamba.pieces[0], mamba.pieces[0]], parameters: 10 };
    const results = new Map<string, GenomeResult>([
      ['markov', { pieces: [[1.95, 1.95, 1.95]] }],
      ['mamba-1', mamba],
      ['s4d-1', s4d],
    ]);
    const report = genome.report(given, results);
    // 10, 11 and 9 thousandths: mean 10, and 4.303 / √3 of their deviation of 1 to each side.
    expect(report.tables[0].rows[1]).toEqual(['Mamba', '10', '1.9200', '1.9100', '10.00 ± 2.48 millibits']);
    expect(report.goals.slice(0, 4).map(({ reached }) => reached)).toEqual([true, true, true, true]);
    const swapped = new Map([...results, ['mamba-1', s4d] as const, ['s4d-1', mamba] as const]);
    expect(
      genome
        .report(given, swapped)
        .goals.slice(0, 4)
        .map(({ reached }) => reached),
    ).toEqual([false, false, false, false]);
  });

  it('refuses settings that do not fit', () => {
    expect(asked({ models: ['rwkv4'], learningRates: [1] })).toThrow('models are ');
    expect(asked({ learningRates: [1] })).toThrow('1 learningRates for 4 models');
    expect(asked({ seeds: [] })).toThrow('there are no seeds');
    expect(asked({ contexts: [1024, 256] })).toThrow('contexts are 1024,256, expected whole numbers');
    expect(asked({ contexts: [-256, 256] })).toThrow('contexts are -256,256');
    expect(asked({ contexts: [1000, 3000] })).toThrow('scored is 98304 with contexts 1000,3000');
    expect(asked({ scored: 131_072 })).toThrow('expected at most heldOut = 104000');
  });
});
