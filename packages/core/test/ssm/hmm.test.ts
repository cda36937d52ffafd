import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { casino, rolls } from '../../../../lab/src/theory/hmm.ts';
import { casinoReset, ring } from '../../../../lab/src/theory/scan.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Hmm, hmmForward, hmmSmooth, hmmViterbi } from '../../src/ssm/hmm.ts';
import { gatedScan, hmmFilterBySweeps, hmmFilterResetting, hmmSweep, resettingHmm } from '../../src/ssm/hmmScan.ts';

const row = (n: number) =>
  fc.array(fc.integer({ min: 1, max: 20 }), { minLength: n, maxLength: n }).map((weights) => {
    const total = weights.reduce((sum, w) => sum + w, 0);
    return weights.map((w) => w / total);
  });
const rows = (k: number, n: number) => fc.array(row(n), { minLength: k, maxLength: k });
const models = fc.tuple(fc.integer({ min: 2, max: 3 }), fc.integer({ min: 2, max: 3 })).chain(([k, n]) =>
  fc.record({
    hmm: fc.record({ initial: row(k), transition: rows(k, k), emission: rows(k, n) }),
    symbols: fc.array(fc.integer({ min: 0, max: n - 1 }), { minLength: 1, maxLength: 5 }),
  }),
);

/** Every path with its p(path, y). */
function enumerate({ initial, transition, emission }: Hmm, symbols: readonly number[]) {
  let paths = initial.map((p, i) => ({ path: [i], p: p * emission[i][symbols[0]] }));
  for (const y of symbols.slice(1)) {
    paths = paths.flatMap(({ path, p }) =>
      initial.map((_, j) => ({ path: [...path, j], p: p * transition[path[path.length - 1]][j] * emission[j][y] })),
    );
  }
  return paths;
}

describe('the hidden Markov model', () => {
  it('sums, smooths and maximises as enumeration does', () => {
    fc.assert(
      fc.property(models, ({ hmm, symbols }) => {
        const paths = enumerate(hmm, symbols);
        const total = paths.reduce((sum, { p }) => sum + p, 0);
        const { filtered, logLikelihood } = hmmForward(hmm, symbols);
        expect(logLikelihood).toBeCloseTo(Math.log(total), 10);
        const smoothed = hmmSmooth(hmm, symbols);
        symbols.forEach((_, t) => {
          hmm.initial.forEach((_, j) => {
            const through = paths.filter(({ path }) => path[t] === j).reduce((sum, { p }) => sum + p, 0);
            expect(smoothed[t][j]).toBeCloseTo(through / total, 10);
          });
        });
        expect(filtered[symbols.length - 1]).toEqual(smoothed[symbols.length - 1]);
        const { path, logProbability } = hmmViterbi(hmm, symbols);
        expect(logProbability).toBeCloseTo(Math.log(Math.max(...paths.map(({ p }) => p))), 10);
        const found = paths.find((one) => one.path.join() === path.join());
        expect(Math.log(found?.p ?? 0)).toBeCloseTo(logProbability, 10);
      }),
      { numRuns: 60 },
    );
  });

  it('does not underflow on long sequences', () => {
    const { symbols } = rolls(5000, 2);
    expect(Number.isFinite(hmmForward(casino, symbols).logLikelihood)).toBe(true);
  });

  it('refuses rows that are no probabilities, and unknown symbols', () => {
    expect(() => hmmForward({ ...casino, initial: [0.5, 0.6] }, [0])).toThrow('Hmm: initial has the row 0.5, 0.6');
    expect(() => hmmForward(casino, [0, 6])).toThrow('Hmm: symbol 1 is 6, expected 0 to 5.');
  });
});

describe.each(backends)('the filter as a selective scan on $name', ({ backend }) => {
  const { symbols } = rolls(120, 6);
  const expectNear = (got: readonly number[][], truth: readonly number[][]) =>
    got.forEach((values, t) => {
      values.forEach((value, j) => {
        expect(Math.abs(value - truth[t][j])).toBeLessThan(5e-6);
      });
    });

  it('computes hₜ = gateₜ hₜ₋₁ + inputₜ, also for gates of 0, 1 and above', () => {
    const gates = [
      [0, 1],
      [1, 0.5],
      [1.5, 0],
      [0.25, 2],
    ];
    const inputs = [
      [1, 2],
      [0.5, -1],
      [0, 3],
      [1, 0],
    ];
    expectNear(gatedScan(gates, inputs, backend), [
      [1, 2],
      [1.5, 0],
      [2.25, 3],
      [1.5625, 6],
    ]);
  });

  it('is exact in one scan where the chain keeps its state or draws it anew, and cₜ is known', () => {
    const { transition } = resettingHmm(casino.initial, casino.emission, casinoReset);
    expectNear(transition, casino.transition);
    expectNear(hmmFilterResetting(casino, casinoReset, symbols, backend), hmmForward(casino, symbols).filtered);
  });

  it('keeps the exact filter: it is the fixed point of a sweep', () => {
    for (const hmm of [casino, ring]) {
      const seen = symbols.map((y) => y % hmm.emission[0].length);
      const exact = hmmForward(hmm, seen).filtered;
      expectNear(hmmSweep(hmm, seen, exact, backend).filtered, exact);
    }
  });

  it('makes at least one more step exact with each sweep', () => {
    const seen = symbols.slice(0, 12).map((y) => y % 3);
    const exact = hmmForward(ring, seen).filtered;
    hmmFilterBySweeps(ring, seen, 12, backend).forEach(({ filtered }, k) => {
      expectNear(filtered.slice(0, k + 1), exact.slice(0, k + 1));
    });
  });
});
