import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Array64 } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/quantiles.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { pinball } from '../../src/ops/pinball.ts';
import { quantiles } from '../../src/ops/quantiles.ts';

interface Sizes {
  T: number;
  J: number;
  Q: number;
  P: number;
}
const setups = (T: number, P: number) =>
  fc.record<Sizes>({ T: sizes(T, 1), J: sizes(5, 0), Q: fc.constantFrom(1, 3, 5, 15), P: sizes(P, 1) });
const tensor = (x: Array64) => [Float32Array.from(x.data), x.shape] as const;

function headCase({ T, J, Q, P }: Sizes, seed: number): Case {
  const random = uniforms(seed);
  const raw = normal(random, [T, J + Q * P], 2);
  const [candidates, offset] = [normal(random, [T, J, P]), normal(random, [Q])];
  return {
    inputs: { raw },
    run: ({ raw }, backend) => [
      quantiles({ raw, candidates: backend.tensor(...tensor(candidates)), offset: backend.tensor(...tensor(offset)) }),
    ],
    truth: ({ raw }) => [truth.quantiles(raw, candidates, offset)],
  };
}

function lossCase({ T, Q, P }: Sizes, seed: number): Case {
  const random = uniforms(seed);
  const q = normal(random, [T, Q, P]);
  const targets = Float32Array.from(normal(random, [T, P]).data, (y, i) => (i % 5 === 3 ? Number.NaN : y));
  const weights = Float32Array.from({ length: T }, random);
  const levels = Array.from({ length: Q }, (_, i) => Math.fround((i + 1) / (Q + 1)));
  return {
    inputs: { q },
    run: ({ q }) => [pinball({ quantiles: q, targets, weights, levels })],
    truth: ({ q }) => [truth.pinball(q, targets, weights, levels)],
  };
}

describe.each(backends)('quantiles on $name', ({ backend }) => {
  it('equal the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(20, 40), seeds, fc.boolean(), (sizes, seed, sliced) => {
        expectValues(backend, headCase(sizes, seed), { sliced });
      }),
      { numRuns: 60 },
    );
  });

  it('have the gradient of central differences', () => {
    fc.assert(
      fc.property(setups(3, 5), seeds, (sizes, seed) => expectGradients(backend, headCase(sizes, seed))),
      { numRuns: 20 },
    );
    expectSlopes(backend, headCase({ T: 30, J: 8, Q: 15, P: 16 }, 1));
  });

  it('never cross, for any output of the network', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, min: -1e4, max: 1e4 }), { minLength: 5, maxLength: 5 }), (raw) => {
        const q = quantiles({
          raw: backend.tensor(Float32Array.from(raw), [1, 5]),
          candidates: backend.tensor(new Float32Array(0), [1, 0, 1]),
          offset: backend.tensor(new Float32Array(5), [5]),
        }).read();
        for (let i = 1; i < 5; i++) expect(q[i]).toBeGreaterThanOrEqual(q[i - 1]);
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(backends)('pinball on $name', ({ backend }) => {
  it('equals the plain loop, missing targets left out', () => {
    fc.assert(
      fc.property(setups(20, 40), seeds, fc.boolean(), (sizes, seed, sliced) => {
        expectValues(backend, lossCase(sizes, seed), { sliced });
      }),
      { numRuns: 60 },
    );
  });

  it('has the slopes of central differences', () => {
    expectGradients(backend, lossCase({ T: 3, J: 0, Q: 3, P: 4 }, 2));
    expectSlopes(backend, lossCase({ T: 30, J: 0, Q: 15, P: 16 }, 3));
  });
});

describe('quantiles refuse', () => {
  const zeros = (...shape: number[]) => anyBackend.tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  it('an even number of quantiles, and gates that do not fit', () => {
    const candidates = zeros(2, 3, 4);
    expect(() => quantiles({ raw: zeros(2, 11), candidates, offset: zeros(2) })).toThrow(/an odd number/);
    expect(() => quantiles({ raw: zeros(2, 14), candidates, offset: zeros(3) })).toThrow(
      /\(2, 14\), expected \(2, 15\)/,
    );
  });
  it('targets, weights or levels of other lengths', () => {
    const q = zeros(2, 3, 4);
    const [targets, weights] = [new Float32Array(8), new Float32Array(2)];
    expect(() => pinball({ quantiles: q, targets, weights, levels: [0.5] })).toThrow(/1 levels, expected 8, 2 and 3/);
    expect(() => pinball({ quantiles: q, targets: weights, weights, levels: [0.1, 0.5, 0.9] })).toThrow(/2 targets/);
  });
});
