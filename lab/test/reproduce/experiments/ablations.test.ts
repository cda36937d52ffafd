/** What the ablations conclude from made-up results, and the settings that they refuse. */
import { describe, expect, it } from 'vitest';
import { type Experiment, runsOf } from '../../../src/reproduce/experiment.ts';
import { ablationA } from '../../../src/reproduce/experiments/ablationA/ablationA.ts';
import { ablationSelectivity } from '../../../src/reproduce/experiments/ablationSelectivity/ablationSelectivity.ts';
import { ablationState } from '../../../src/reproduce/experiments/ablationState/ablationState.ts';
import { architecture } from '../../../src/reproduce/experiments/architecture/architecture.ts';
import type { AblationVariant, Compared } from '../../../src/reproduce/parts/ablations/ablation.ts';
import type { Ablated, TaskName } from '../../../src/reproduce/parts/ablations/ablationTasks.ts';
import { changed } from '../../../src/reproduce/settings.ts';
import { reportOf as madeUp, reached } from '../madeUp.ts';

interface Tasks {
  tasks: readonly TaskName[];
  seeds: readonly number[];
}

/** A report of losses that a function of the run's id gives; the ids of recall are without their task. */
const reportOf = <S, C extends Compared>(
  experiment: Experiment<S, AblationVariant<C>, Ablated>,
  loss: (id: string) => number,
  settings: S = experiment.full,
) => madeUp(experiment, (id) => ({ loss: loss(id.replace(/^recall-/, '')), parameters: 1000, curve: [] }), settings);

/** Small and different for every run. */
const noise = (id: string) => 1e-4 * ([...id].reduce((sum, c) => (31 * sum + c.charCodeAt(0)) % 101, 7) / 101);
const onlyRecall = <S extends Tasks>({ full }: { full: S }): S => ({ ...full, tasks: ['recall'] });

const all: Experiment[] = [ablationA, ablationSelectivity, ablationState, architecture];

it.each(all)('$name has runs for every variant and seed, in both settings', (experiment) => {
  for (const settings of [experiment.full, experiment.quick]) {
    const ids = runsOf(experiment, settings).map(({ id }) => id);
    for (const id of ids) expect(id).toMatch(/^[\w.-]+$/);
    expect(ids.length % (settings.seeds as number[]).length).toBe(0);
  }
  expect(() => runsOf(experiment, { ...experiment.full, seeds: [1, 1] })).toThrow('seed 1 comes twice');
  expect(() => changed(experiment, experiment.full, ['seeds='])).toThrow('seeds[0] is NaN');
});

describe('ablation-selectivity', () => {
  const losses = (delta: number, every: number) => (id: string) =>
    (id.startsWith('delta-B-C') ? every : id.startsWith('delta') ? delta : id.startsWith('none') ? 2.3 : 2.2) +
    noise(id);
  const goals = (delta: number, every: number) =>
    reached(reportOf(ablationSelectivity, losses(delta, every), onlyRecall(ablationSelectivity)));

  it('reaches its goals where Δ is the largest single gain and all three are best, and not otherwise', () => {
    expect(goals(2.1, 2)).toEqual([true, true]);
    expect(goals(2.25, 2)).toEqual([false, true]);
    expect(goals(2.1, 2.15)).toEqual([true, false]);
  });

  it('needs every row of the table', () => {
    expect(() => runsOf(ablationSelectivity, { ...ablationSelectivity.full, selections: ['none', 'B'] })).toThrow(
      'ablation-selectivity: selections has no C, expected none, B, C, delta, delta+B+C among them.',
    );
  });
});

describe('ablation-A', () => {
  /** Added to 1: what the differences to S6 are. */
  const shifted = (shift: Readonly<Record<string, number>>) => (id: string) => {
    const key = Object.keys(shift).find((one) => new RegExp(`^([a-z]+-)?${one}-seed`).test(id));
    return 1 + (key ? shift[key] : 0) + noise(id);
  };
  const findings = (shift: Readonly<Record<string, number>>) => reportOf(ablationA, shifted(shift)).findings.join(' ');

  it('tells better from worse and from what cannot be told', () => {
    const text = findings({ 'a-delta': -0.01, a: 0.01 });
    expect(text).toContain('Does a selective A add to a selective Δ? Yes, in every task here: better in 3');
    expect(text).toMatch(/A in place of Δ: worse in language, recall with overwriting, time scales\./);
    expect(findings({ 'per-state': 0.5 })).toContain(
      'one of each channel? No, and it can do harm: better in 0, worse in 3',
    );
    // By half of the seeds better, by the others worse.
    const apart = (id: string) => (id.includes('s6-') ? 1 : Number(id.at(-1)) % 2 ? 1.1 : 0.9);
    expect(reportOf(ablationA, apart).findings[0]).toContain('These runs cannot tell');
    const mixed = (id: string) => (/^language-a-delta/.test(id) ? 0.9 : /^a-delta/.test(id) ? 1.1 : 1) + noise(id);
    expect(reportOf(ablationA, (id) => mixed(id.replace('overwriting-', ''))).findings[0]).toContain(
      'It depends on the task',
    );
  });

  it('gives differences in the unit of the task, of variants that saw the same batches', () => {
    const losses = (id: string) => 10 * Number(id.at(-1)) + (/(^|-)a-seed/.test(id) ? 0.25 : 0);
    const [{ title, rows }] = reportOf(ablationA, losses).tables;
    expect(title).toBe('language: loss in bits per byte');
    expect(rows.map((row) => row[3])).toEqual([
      'difference to S6',
      '',
      '+0.250 ± 0.000',
      ...Array(3).fill('+0.000 ± 0.000'),
    ]);
  });

  it('compares only equal sizes', () => {
    const { full } = ablationA;
    expect(() => runsOf(ablationA, { ...full, deltaRanks: [2, 0, 4, 2, 1] })).toThrow(/within 2 %/);
    expect(() => runsOf(ablationA, { ...full, aRanks: [0, 3] })).toThrow('aRanks has 2 ranks, expected 5');
    expect(() => changed(ablationA, full, ['tasks=music'])).toThrow('tasks[0] is "music", expected \'language\' or');
    expect(() => changed(ablationA, full, ['drawnRows=0'])).toThrow('drawnRows is 0, expected a whole number ≥ 1');
  });
});

describe('ablation-state', () => {
  const goals = (losses: (id: string) => number) => reportOf(ablationState, losses, onlyRecall(ablationState)).goals;

  it('reaches its goals where states help selective B and C alone, and every rank of Δ does', () => {
    const losses = (flat: boolean) => (id: string) => {
      const [, kind, size] = /^(constant-n|selective-n|rank)(\d+)/.exec(id) as string[];
      const gain = flat || kind === 'constant-n' ? 0 : Number(size);
      return 2 - 0.05 * gain + noise(id);
    };
    expect(goals(losses(false)).map((goal) => goal.reached)).toEqual([true, true, true]);
    const flat = goals(losses(true));
    expect([flat[0].reached, flat[2].reached]).toEqual([false, false]);
  });

  it('compares seed by seed: what a seed adds to all losses makes no gain less sure', () => {
    const losses = (id: string) => Number(id.at(-1)) + (/^(constant|selective-n1-|rank0)/.test(id) ? 0.75 : 0);
    expect(goals(losses).map(({ measured }) => measured)).toEqual([
      '0.750 ± 0.000 and 0.000 ± 0.000 bits per answer',
      'by 0.750 ± 0.000 bits per answer',
      '0.750 ± 0.000 and 0.000 ± 0.000 bits per answer',
    ]);
  });

  it('counts no gain that two seeds have and two have not', () => {
    const losses = (id: string) =>
      /^(constant|selective-n1-|rank0)/.test(id) ? 1 + (Number(id.at(-1)) % 2 ? 0.3 : -0.2) : 1;
    expect(goals(losses).map((goal) => goal.reached)).toEqual([false, false, false]);
  });

  it('needs something to compare', () => {
    const { full } = ablationState;
    expect(() => runsOf(ablationState, { ...full, states: [4] })).toThrow('expected at least two');
    expect(() => runsOf(ablationState, { ...full, ranks: [1, 2] })).toThrow('expected 0 (a constant Δ)');
  });
});

describe('architecture', () => {
  const goals = (s6: number) =>
    reached(
      reportOf(architecture, (id) => (id.includes('selective') ? s6 : 2.1) + noise(id), onlyRecall(architecture)),
    );

  it('reaches its goals where S6 is best in both blocks, and not otherwise', () => {
    expect(goals(2)).toEqual([true, true, true, true]);
    expect(goals(2.2)).toEqual([false, false, true, false]);
  });

  it('refuses unknown layers and a single block', () => {
    const { full } = architecture;
    expect(() => changed(architecture, full, ['inners=s5,selective'])).toThrow('architecture: inners[0] is "s5"');
    expect(() => runsOf(architecture, { ...full, blocks: ['mamba'] })).toThrow('expected the blocks h3 and mamba');
  });
});
