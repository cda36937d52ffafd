/** What the ablations conclude from results, made up here, and the settings that they refuse. */
import { describe, expect, it } from 'vitest';
import type { Experiment, Settings } from '../../../src/reproduce/experiment.ts';
import { ablationA } from '../../../src/reproduce/experiments/ablationA/ablationA.ts';
import { ablationSelectivity } from '../../../src/reproduce/experiments/ablationSelectivity.ts';
import { ablationState } from '../../../src/reproduce/experiments/ablationState.ts';
import { architecture } from '../../../src/reproduce/experiments/architecture.ts';
import { changed } from '../../../src/reproduce/settings.ts';
import { reportOf as madeUp } from '../madeUp.ts';

const all = [ablationA, ablationSelectivity, ablationState, architecture];

/** A report of losses that a function of the run's id gives; those of recall have an id without the task. */
const reportOf = (experiment: Experiment, settings: Settings, loss: (id: string) => number) =>
  madeUp(experiment, (id) => ({ loss: loss(id.replace(/^recall-/, '')), parameters: 1000, curve: [] }), settings);

/** Small and different for every run. */
const noise = (id: string) => 1e-4 * ([...id].reduce((sum, c) => (31 * sum + c.charCodeAt(0)) % 101, 7) / 101);
const one = (experiment: Experiment): Settings => ({ ...experiment.full, tasks: ['recall'] });
const reached = ({ goals }: ReturnType<typeof reportOf>) => goals.map((goal) => goal.reached);

describe.each(all)('$name', (experiment) => {
  it('has runs of its own for every variant and seed, in both settings', () => {
    for (const settings of [experiment.full, experiment.quick]) {
      const ids = experiment.runs(settings).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[\w.-]+$/);
      expect(ids.length % (settings.seeds as number[]).length).toBe(0);
    }
  });

  it('refuses seeds that are there twice, or none', () => {
    expect(() => experiment.runs({ ...experiment.full, seeds: [1, 1] })).toThrow('seeds has 1 twice');
    expect(() => experiment.runs({ ...experiment.full, seeds: [] })).toThrow('no seeds');
  });
});

describe('ablation-selectivity', () => {
  const losses = (delta: number, every: number) => (id: string) =>
    (id.startsWith('delta-B-C') ? every : id.startsWith('delta') ? delta : id.startsWith('none') ? 2.3 : 2.2) +
    noise(id);

  it('reaches its goals where Δ is the largest single gain and all three are best, and not otherwise', () => {
    expect(reached(reportOf(ablationSelectivity, one(ablationSelectivity), losses(2.1, 2)))).toEqual([true, true]);
    expect(reached(reportOf(ablationSelectivity, one(ablationSelectivity), losses(2.25, 2)))).toEqual([false, true]);
    expect(reached(reportOf(ablationSelectivity, one(ablationSelectivity), losses(2.1, 2.15)))).toEqual([true, false]);
  });

  it('needs every row of the table', () => {
    expect(() => ablationSelectivity.runs({ ...ablationSelectivity.full, selections: ['none', 'B'] })).toThrow(
      'ablation-selectivity: selections has no C, expected none, B, C, delta and delta+B+C among them.',
    );
  });
});

describe('ablation-A', () => {
  /** Added to 1: what the differences to S6 are. */
  const shifted = (shift: Readonly<Record<string, number>>) => (id: string) => {
    const kind = Object.keys(shift).find((one) => new RegExp(`^([a-z]+-)?${one}-seed`).test(id));
    return 1 + (kind ? shift[kind] : 0) + noise(id);
  };
  const says = (shift: Readonly<Record<string, number>>) =>
    reportOf(ablationA, ablationA.full, shifted(shift)).says.join(' ');

  it('tells better from worse and from what cannot be told', () => {
    const text = says({ 'a-delta': -0.01, a: 0.01 });
    expect(text).toContain('Does a selective A add to a selective Δ? Yes, in every task here: better in 3');
    expect(text).toMatch(/A in place of Δ: worse in language, recall with overwriting, time scales\./);
    expect(says({ 'per-state': 0.5 })).toContain(
      'one of each channel? No, and it can do harm: better in 0, worse in 3',
    );
    // By half of the seeds better, by the others worse.
    const apart = (id: string) => (id.includes('s6-') ? 1 : Number(id.at(-1)) % 2 ? 1.1 : 0.9);
    expect(reportOf(ablationA, ablationA.full, apart).says[0]).toContain('Not so that these runs could tell');
    const mixed = (id: string) => (/^language-a-delta/.test(id) ? 0.9 : /^a-delta/.test(id) ? 1.1 : 1) + noise(id);
    expect(reportOf(ablationA, ablationA.full, mixed).says[0]).toContain('It depends on the task');
  });

  it('gives differences in the unit of the task, of what saw the same batches', () => {
    const losses = (id: string) => 10 * Number(id.at(-1)) + (/(^|-)a-seed/.test(id) ? 0.25 : 0);
    const [{ title, rows }] = reportOf(ablationA, ablationA.full, losses).tables;
    expect(title).toBe('language: loss in bits per byte');
    expect(rows.map((row) => row[3])).toEqual([
      'difference to S6',
      '',
      '+0.250 ± 0.000',
      ...Array(3).fill('+0.000 ± 0.000'),
    ]);
  });

  it('compares nothing but equal sizes', () => {
    expect(() => ablationA.runs({ ...ablationA.full, deltaRanks: [2, 0, 4, 2, 1] })).toThrow(/within 2 %/);
    expect(() => ablationA.runs({ ...ablationA.full, aRanks: [0, 3] })).toThrow('aRanks has 2 ranks, expected 5');
    expect(() => ablationA.runs({ ...ablationA.full, tasks: ['music'] })).toThrow("tasks has 'music'");
    expect(() => ablationA.runs({ ...ablationA.full, tasks: [] })).toThrow(
      'tasks has nothing, expected some of language',
    );
    expect(() => changed(ablationA.full, ['drawnRows=0'])).toThrow("drawnRows is '0', expected a whole number");
  });
});

describe('ablation-state', () => {
  it('reaches its goals where states help selective B and C alone, and every rank of Δ does', () => {
    const losses = (flat: boolean) => (id: string) => {
      const [, kind, size] = /^(constant-n|selective-n|rank)(\d+)/.exec(id) as string[];
      const gain = flat || kind === 'constant-n' ? 0 : Number(size);
      return 2 - 0.05 * gain + noise(id);
    };
    expect(reached(reportOf(ablationState, one(ablationState), losses(false)))).toEqual([true, true, true]);
    const flat = reached(reportOf(ablationState, one(ablationState), losses(true)));
    expect([flat[0], flat[2]]).toEqual([false, false]);
  });

  it('compares what saw the same batches: what a seed adds to all losses makes no gain less sure', () => {
    const losses = (id: string) => Number(id.at(-1)) + (/^(constant|selective-n1-|rank0)/.test(id) ? 0.75 : 0);
    const { goals } = reportOf(ablationState, one(ablationState), losses);
    expect(goals.map(({ measured }) => measured)).toEqual([
      '0.750 ± 0.000 and 0.000 ± 0.000 bits per answer',
      'by 0.750 ± 0.000 bits per answer',
      '0.750 ± 0.000 and 0.000 ± 0.000 bits per answer',
    ]);
  });

  it('does not take for a gain what two seeds have and two have not', () => {
    const losses = (id: string) =>
      /^(constant|selective-n1-|rank0)/.test(id) ? 1 + (Number(id.at(-1)) % 2 ? 0.3 : -0.2) : 1;
    expect(reached(reportOf(ablationState, one(ablationState), losses))).toEqual([false, false, false]);
  });

  it('needs something to compare', () => {
    expect(() => ablationState.runs({ ...ablationState.full, states: [4] })).toThrow('expected at least two');
    expect(() => ablationState.runs({ ...ablationState.full, ranks: [1, 2] })).toThrow('expected 0 (a constant Δ)');
  });
});

describe('architecture', () => {
  it('reaches its goals where S6 is best in both blocks, and not otherwise', () => {
    const losses = (s6: number) => (id: string) => (id.includes('selective') ? s6 : 2.1) + noise(id);
    expect(reached(reportOf(architecture, one(architecture), losses(2)))).toEqual([true, true, true, true]);
    expect(reached(reportOf(architecture, one(architecture), losses(2.2)))).toEqual([false, false, true, false]);
  });

  it('refuses what it does not know', () => {
    expect(() => architecture.runs({ ...architecture.full, inners: ['s5', 'selective'] })).toThrow(
      "architecture: inners has 's5', expected some of s4, s4d, s4d-real, selective.",
    );
    expect(() => architecture.runs({ ...architecture.full, blocks: ['mamba'] })).toThrow('expected the blocks');
  });
});
