import { describe, expect, it } from 'vitest';
import type { LanguageModel } from '../../../../packages/core/src/models/languageModel.ts';
import { Random } from '../../../../packages/core/src/random.ts';
import { offer, within } from '../../../../packages/core/src/tensor/tape.ts';
import { Trainer } from '../../../../packages/core/src/train/trainer.ts';
import { anyBackend } from '../../../../test/support/backends.ts';
import { runsOf } from '../../../src/reproduce/experiment.ts';
import { openingOf } from '../../../src/reproduce/experiments/schoolRun/deltaOpening.ts';
import { schoolRun, schoolRunTask } from '../../../src/reproduce/experiments/schoolRun/schoolRun.ts';
import { configOf, modelKeys, sourceOf } from '../../../src/reproduce/experiments/schoolRun/schoolRunModels.ts';
import { newModel, parametersOf } from '../../../src/reproduce/parts/models.ts';
import { changed } from '../../../src/reproduce/settings.ts';
import { announcements, drawSchoolRun, schoolRunTokens, waiting } from '../../../src/tasks/schoolRun.ts';
import { bestLoss } from '../../../src/tasks/unifilar.ts';
import { reached, reportOf } from '../madeUp.ts';

const { full, quick } = schoolRun;
const source = sourceOf(full);
const layer = { name: 'layer 1', announced: 0.5, arrived: 0.1, waited: 0.05, opens: 5, shown: [0.1, 0.5, 0.1] };
const opening = { layers: [layer], tokens: [1, 6, 5] };

/** Every seed of a variant loses `above` per cent more than the filter, whose own loss on the test was a little low. */
function goalsOf(above: (variant: string) => number): boolean[] {
  const [best, filter] = [bestLoss(source), 0.97 * bestLoss(source)];
  return reached(
    reportOf(schoolRun, (id) => {
      const [variant] = id.split('.');
      const loss = filter + (above(variant) / 100) * best;
      return { parameters: 1000, loss, filter, ...(variant === 'mamba' && { opening }) };
    }),
  );
}

describe('the experiment of the school run', () => {
  it('gives all models about as many parameters', () => {
    const counts = modelKeys.map((model) => parametersOf(configOf(model, full)));
    for (const count of counts) expect(Math.abs(count / counts[0] - 1)).toBeLessThan(0.1);
  });

  it('reaches its goals by the loss beyond that of the filter', () => {
    const goals = (mamba: number, others: number) => goalsOf((variant) => (variant === 'mamba' ? mamba : others));
    expect(goals(1.9, 9)).toEqual([true, true, true, true]);
    expect(goals(2.1, 9)).toEqual([false, true, true, true]);
    expect(goals(1.9, 4.9)).toEqual([true, true, false, true]);
  });

  it('resumes with the same sequences', async () => {
    const model = await newModel(configOf('mamba', quick), { backend: anyBackend }, 1);
    const { options } = new Trainer(model, schoolRunTask(source, model, 16), { batchSize: 2, maxIters: 10 });
    const task = schoolRunTask(source, model, 16)(options, new Random(1), model);
    const next = async () => (await task.next()).loss().loss.read()[0];
    await next();
    const state = JSON.parse(JSON.stringify(task.state()));
    const losses = [await next(), await next()];
    expect(losses[0]).not.toBe(losses[1]);
    task.restore(state);
    expect([await next(), await next()]).toEqual(losses);
  });

  it('refuses settings that make no sense', () => {
    expect(() => changed(schoolRun, full, ['seeds=0'])).toThrow('seeds is 0, expected a whole number ≥ 1');
    expect(() => runsOf(schoolRun, { ...full, sure: 2 })).toThrow('sure is 2, expected a probability');
  });
});

describe('the opening of Δ', () => {
  /** Δ of a channel c of ten is 0.1, waiting 0.05; at announcements 1 + c, but for channels that are `deaf`. */
  const model = (deaf: number[]) =>
    ({
      forward({ tokens }: { tokens: Int32Array }) {
        const deltas = [...tokens].flatMap((token) =>
          Array.from({ length: 10 }, (_, c) =>
            isNews(token) && !deaf.includes(c) ? 1 + c : token === WAITING ? 0.05 : 0.1,
          ),
        );
        within('layers.0', () => offer('delta', () => anyBackend.tensor(deltas, [1, tokens.length, 10])));
        return {};
      },
    }) as unknown as LanguageModel;

  it('is that of the channels that react most', () => {
    const random = new Random(1);
    const sequences = Array.from({ length: 12 }, () => drawSchoolRun(source, random, 129));
    const { layers, tokens } = openingOf(model([0, 9]), sequences);
    expect(layers).toHaveLength(1);
    const [{ name, announced, arrived, waited, opens, shown }] = layers;
    expect(name).toBe('layer 1');
    // Channels 5 to 8.
    expect(announced).toBeCloseTo(7.5, 5);
    expect(opens).toBeCloseTo(10 * (6 * 7 * 8 * 9) ** 0.25, 3);
    expect(arrived).toBeCloseTo(0.1, 5);
    expect(waited).toBeCloseTo(0.05, 5);
    expect(shown).toEqual(tokens.map((token) => (isNews(token) ? 7.5 : token === WAITING ? 0.05 : 0.1)));
    const liveliest = Math.max(...sequences.slice(6).map((symbols) => newsOf([...symbols])));
    expect(newsOf(tokens)).toBeGreaterThanOrEqual(liveliest - 1);
  });
});

const WAITING = schoolRunTokens.indexOf(waiting);
const isNews = (token: number) => token >= schoolRunTokens.length - announcements.length;
const newsOf = (tokens: number[]) => tokens.filter(isNews).length;
