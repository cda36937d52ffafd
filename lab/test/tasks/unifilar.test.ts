import { describe, expect, it } from 'vitest';
import { mean } from '../../../packages/core/src/math/stats.ts';
import { Random } from '../../../packages/core/src/random.ts';
import { type Hmm, hmmForward } from '../../../packages/core/src/ssm/hmm.ts';
import {
  bestLoss,
  bestOfOrder,
  draw,
  lossesOf,
  stationary,
  transitionOf,
  type Unifilar,
} from '../../src/tasks/unifilar.ts';

/** Golden mean: after a 1 comes a 0; after a 0 either. */
const goldenMean: Unifilar = {
  symbols: ['0', '1'],
  start: 0,
  emission: [
    [0.5, 0.5],
    [1, 0],
  ],
  next: [
    [0, 1],
    [0, 1],
  ],
};
/** Even: ones come in pairs, so how many there were must be remembered for as long as they last. */
const even: Unifilar = {
  symbols: ['0', '1'],
  start: 0,
  emission: [
    [0.5, 0.5],
    [0, 1],
  ],
  next: [
    [0, 1],
    [0, 0],
  ],
};

/** The source as an HMM that emits in its states: a state for each state of the source and the symbol drawn in it. */
function hmmOf({ symbols, start, emission, next }: Unifilar): Hmm {
  const pairs = emission.flatMap((row, s) => row.flatMap((p, symbol) => (p > 0 ? [{ s, symbol, p }] : [])));
  const from = (state: number) => pairs.map(({ s, p }) => (s === state ? p : 0));
  return {
    initial: from(start),
    transition: pairs.map(({ s, symbol }) => from(next[s][symbol])),
    emission: pairs.map(({ symbol }) => symbols.map((_, i) => Number(i === symbol))),
  };
}

describe('a unifilar source', () => {
  it('has the known entropy rates and stationary distributions', () => {
    for (const source of [goldenMean, even]) {
      expect(stationary(source)[0]).toBeCloseTo(2 / 3, 12);
      expect(bestLoss(source)).toBeCloseTo((2 / 3) * Math.LN2, 12);
    }
    expect(transitionOf(even)).toEqual([
      [0.5, 0.5],
      [1, 0],
    ]);
  });

  it('needs one symbol for the golden mean, and for the even source more than any number', () => {
    expect(bestOfOrder(goldenMean, 1)).toBeCloseTo(bestLoss(goldenMean), 12);
    // p(0) = 2/3, then 1/3: the entropy of single symbols.
    expect(bestOfOrder(goldenMean, 0)).toBeCloseTo(Math.log(3) - (2 / 3) * Math.LN2, 12);
    const orders = [0, 1, 2, 3, 4, 8, 12].map((order) => bestOfOrder(even, order));
    orders.forEach((loss, i) => {
      expect(loss).toBeGreaterThan(bestLoss(even));
      if (i > 0) expect(loss).toBeLessThan(orders[i - 1]);
    });
    expect(orders.at(-1)).toBeCloseTo(bestLoss(even), 2);
  });

  it('has the exact loss in the mean', () => {
    for (const source of [goldenMean, even]) {
      const { symbols } = draw(source, new Random(1), 200_000);
      expect(Math.abs(mean(lossesOf(source, symbols)) / bestLoss(source) - 1)).toBeLessThan(0.01);
    }
  });

  it('gives the states of its symbols', () => {
    const { symbols, states } = draw(even, new Random(2), 1000);
    let state = even.start;
    symbols.forEach((symbol, t) => {
      expect(states[t]).toBe(state);
      expect(even.emission[state][symbol]).toBeGreaterThan(0);
      state = even.next[state][symbol];
    });
  });

  it('is an HMM whose filter loses as much', () => {
    for (const source of [goldenMean, even]) {
      const { symbols } = draw(source, new Random(3), 300);
      const { scales, logLikelihood } = hmmForward(hmmOf(source), [...symbols]);
      const losses = lossesOf(source, symbols);
      scales.forEach((c, t) => {
        expect(-Math.log(c)).toBeCloseTo(losses[t], 10);
      });
      expect(-logLikelihood).toBeCloseTo(
        losses.reduce((sum, v) => sum + v, 0),
        8,
      );
    }
  });

  it('refuses what cannot follow', () => {
    expect(() => lossesOf(goldenMean, [1, 1])).toThrow('lossesOf: symbol 1 at place 1 cannot follow');
  });
});
