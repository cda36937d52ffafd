import { describe, expect, it } from 'vitest';
import { mean } from '../../../packages/core/src/math/stats.ts';
import { Random } from '../../../packages/core/src/random.ts';
import { MarkovModel } from '../../src/reproduce/experiments/schoolRun/markovModel.ts';
import {
  announcements,
  drawSchoolRun,
  places,
  schoolRun,
  schoolRunTokens,
  waiting,
} from '../../src/tasks/schoolRun.ts';
import { bestLoss, bestOfOrder, draw, lossesOf, stationary } from '../../src/tasks/unifilar.ts';

const options = { announce: 1 / 60, wait: 0.3, stay: 0.9, sure: 0.95 };
const source = schoolRun(options);
const id = (token: string) => schoolRunTokens.indexOf(token);

/** p(next | tokens), by walking from the start. */
function following(...tokens: string[]): Record<string, number> {
  const state = tokens.reduce((s, token) => source.next[s][id(token)], source.start);
  return Object.fromEntries(schoolRunTokens.map((token, i) => [token, source.emission[state][i]]));
}
const likeliest = (p: Record<string, number>) =>
  places.reduce((best, place) => (p[place] > p[best] ? place : best), places[0]);

describe('the school run', () => {
  it('continues from school by the place before', () => {
    expect(likeliest(following('school'))).toBe('office');
    expect(likeliest(following('school', 'office', 'school'))).toBe('home');
    expect(likeliest(following('school', waiting, waiting))).toBe('office');
  });

  it('follows the last announcement, however long ago', () => {
    const waits = new Array<string>(200).fill(waiting);
    expect(likeliest(following('strike', 'school', ...waits))).toBe('shop');
    expect(likeliest(following('strike', 'as usual', 'school', ...waits))).toBe('office');
    expect(likeliest(following('holiday', ...waits))).toBe('park');
  });

  it('has the given probabilities', () => {
    const [arrived, waits] = [following('school'), following('school', waiting)];
    expect(arrived[waiting]).toBeCloseTo(0.3, 12);
    expect(waits[waiting]).toBeCloseTo(0.9, 12);
    expect(arrived.school).toBe(0);
    expect(arrived.office).toBeCloseTo((1 - 0.3 - 1 / 60) * 0.95, 12);
    for (const news of announcements) expect(waits[news]).toBeCloseTo(1 / 180, 12);
    for (const row of source.emission) expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    for (const p of stationary(source)) expect(p).toBeGreaterThan(0);
  });

  it('has the exact loss in the mean, also for orders', () => {
    const [seen, test] = [draw(source, new Random(1), 200_000).symbols, draw(source, new Random(2), 400_000).symbols];
    expect(Math.abs(mean(lossesOf(source, test)) / bestLoss(source) - 1)).toBeLessThan(0.01);
    for (const order of [1, 2]) {
      const model = new MarkovModel(order, schoolRunTokens.length);
      model.read(seen);
      expect(Math.abs(mean(model.losses(test)) / bestOfOrder(source, order) - 1)).toBeLessThan(0.01);
    }
  });

  it('begins with any announcement, and continues as the source', () => {
    const random = new Random(3);
    const rows = Array.from({ length: 3000 }, () => drawSchoolRun(source, random, 40));
    for (const news of announcements) {
      const share = rows.filter(([first]) => first === id(news)).length / rows.length;
      expect(Math.abs(share - 1 / 3)).toBeLessThan(0.03);
    }
    // From the first step on, symbols have the probabilities of the source.
    const losses = rows.map((row) => mean(lossesOf(source, row).subarray(1)));
    expect(Math.abs(losses.reduce((sum, v) => sum + v, 0) / rows.length / bestLoss(source) - 1)).toBeLessThan(0.05);
  });

  it('keeps short memories far above the least', () => {
    const least = bestLoss(source);
    const above = [1, 2, 3, 4].map((order) => bestOfOrder(source, order) / least - 1);
    expect(above[0]).toBeGreaterThan(0.3);
    expect(above[3]).toBeGreaterThan(0.15);
  });

  it('refuses values that are no probabilities', () => {
    expect(() => schoolRun({ ...options, sure: 1 })).toThrow('schoolRun: sure is 1, expected a probability');
    expect(() => schoolRun({ ...options, stay: 0.99 })).toThrow('expected less than 1 together');
  });
});

describe('a counted Markov model', () => {
  it('learns a sequence of its order by heart, and less of another', () => {
    const cycle = Int32Array.from({ length: 3000 }, (_, t) => [0, 1, 0, 2][t % 4]);
    const loss = (order: number) => {
      const model = new MarkovModel(order, 3);
      model.read(cycle);
      return mean(model.losses(cycle).subarray(3));
    };
    expect(loss(2)).toBeLessThan(0.02);
    // After 0 come 1 and 2 equally often, in every second step.
    expect(loss(1)).toBeCloseTo(Math.LN2 / 2, 2);
    expect(loss(0)).toBeCloseTo(1.5 * Math.LN2, 2);
  });

  it('gives probabilities, also for unknown contexts', () => {
    const model = new MarkovModel(2, 4);
    model.read([0, 1, 2, 0, 1]);
    const total = [0, 1, 2, 3].reduce((sum, x) => sum + Math.exp(-model.losses([3, 3, x])[2]), 0);
    expect(total).toBeCloseTo(1, 12);
  });

  it('refuses symbols it does not have, and counts that do not fit', () => {
    expect(() => new MarkovModel(1, 3).read([0, 3])).toThrow('symbol 3 at place 1, expected 0 to 2');
    expect(() => new MarkovModel(20, 9)).toThrow('Use a lower order');
  });
});
