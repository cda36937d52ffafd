/** reverse, pool and squaredError: values, gradients, lengths, documents, refusals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/steps.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectValues } from '../../../../test/support/case.ts';
import { agesOf, randomAges, randomLengths } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { pool, positionsOn, reverse, reversePositions, squaredError } from '../../src/ops/index.ts';
import { poolings } from '../../src/ops/pool.ts';
import { scope } from '../../src/tensor/scope.ts';

interface Setup {
  B: number;
  L: number;
  D: number;
  ragged: boolean;
  state: boolean;
  seed: number;
}

const setups = (L: number, D: number) =>
  fc.record<Setup>({
    B: sizes(3, 1),
    L: sizes(L, 1),
    D: sizes(D, 1),
    ragged: fc.boolean(),
    state: fc.boolean(),
    seed: seeds,
  });

function reverseCase({ B, L, D, ragged, seed }: Setup): Case {
  const lengths = ragged ? randomLengths(B, L, seed) : undefined;
  return {
    inputs: { x: normal(uniforms(seed), [B, L, D]) },
    run: ({ x }, backend) => [reverse(x, positionsOn(backend, B, L, undefined, lengths))],
    truth: ({ x }) => [truth.reverse(x, lengths)],
  };
}

function poolCase(pooling: (typeof poolings)[number], { B, L, D, ragged, state, seed }: Setup): Case {
  const random = uniforms(seed);
  const lengths = ragged ? randomLengths(B, L - 1, seed).map((length) => length + 1) : undefined;
  const steps = Array.from({ length: B }, (_, b) => (state ? 3 + b : 0));
  const outputs = <T>({ y, state: after }: { y: T; state?: T }) => (pooling === 'mean' ? [y, after as T] : [y]);
  return {
    inputs: {
      x: normal(random, [B, L, D]),
      ...(state && pooling !== 'last' && { state: normal(random, [B, D]) }),
    },
    run: ({ x, state: from }) => outputs(pool(pooling, { x, lengths, before: { state: from, steps } })),
    truth: ({ x, state: from }) => outputs(truth.pool(pooling, x, lengths, { state: from, steps })),
  };
}

const missing = [1, 4];

function errorCase(sparse: boolean): Case {
  const random = uniforms(4);
  const targets = Float32Array.from(normal(random, [2, 3]).data);
  if (sparse) for (const i of missing) targets[i] = Number.NaN;
  return {
    inputs: { outputs: normal(random, [2, 3]) },
    run: ({ outputs }) => [squaredError(outputs, targets)],
    truth: ({ outputs }) => {
      const errors = Array.from(targets, (target, i) => (outputs.data[i] - target) ** 2).filter(
        (e) => !Number.isNaN(e),
      );
      return [array([], [errors.reduce((a, b) => a + b) / errors.length])];
    },
  };
}

describe.each(backends)('on $name', ({ backend }) => {
  it('reverse equals the plain loop and has its gradient', () => {
    fc.assert(
      fc.property(setups(9, 40), fc.boolean(), (setup, sliced) => {
        expectValues(backend, reverseCase(setup), { sliced, tolerance: 0 });
      }),
      { numRuns: 30 },
    );
    fc.assert(
      fc.property(setups(5, 4), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, reverseCase(setup), { sliced });
      }),
      { numRuns: 15 },
    );
  });

  it.each(poolings)('pool by %s equals the plain loop and has its gradient', (pooling) => {
    fc.assert(
      fc.property(setups(9, 40), fc.boolean(), (setup, sliced) => {
        expectValues(backend, poolCase(pooling, setup), { sliced });
      }),
      { numRuns: 30 },
    );
    fc.assert(
      fc.property(setups(5, 4), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, poolCase(pooling, setup), { sliced });
      }),
      { numRuns: 15 },
    );
  });

  it('passes NaN on', () => {
    const setup = { B: 2, L: 4, D: 5, ragged: false, state: false, seed: 1 };
    expectNaN(backend, reverseCase(setup));
    for (const pooling of poolings) expectNaN(backend, poolCase(pooling, { ...setup, L: 1 }));
  });

  it('squaredError is the mean over the targets that are not missing', () => {
    for (const sparse of [false, true]) {
      expectValues(backend, errorCase(sparse));
      expectGradients(backend, errorCase(sparse));
    }
  });

  it('reversePositions gives the positions of reversed documents', () => {
    fc.assert(
      fc.property(sizes(3, 1), sizes(12, 1), seeds, (B, L, seed) => {
        scope(() => {
          const lengths = randomLengths(B, L, seed);
          const ages = randomAges(B, L, seed);
          const { age } = reversePositions(positionsOn(backend, B, L, ages, lengths));
          const got = age!.read();
          for (let b = 0; b < B; b++) {
            // The documents of the row, each backwards.
            const want: number[] = [];
            for (let end = lengths[b]; end > 0; ) {
              let begin = end - 1;
              while (begin > 0 && ages[b * L + begin] !== 0) begin--;
              for (let i = 0; i < end - begin; i++) want.push(i);
              end = begin;
            }
            expect([...got.subarray(b * L, b * L + lengths[b])]).toEqual(want);
          }
        });
      }),
      { numRuns: 30 },
    );
    expect([...reversePositions(positionsOn(backend, 1, 5, agesOf([2, 3]))).age!.read()]).toEqual([0, 1, 2, 0, 1]);
  });

  it('refuses what does not fit', () => {
    const x = backend.zeros([2, 3, 4]);
    expect(() => reverse(backend.zeros([2, 3]))).toThrow('reverse: x is (2, 3), expected 3 axes (B, L, D).');
    expect(() => pool('mean', { x, lengths: Int32Array.of(0, 3) })).toThrow(
      'pool: lengths are 0, 3, expected 2 of 1 to 3, one for each row.',
    );
    expect(() => pool('max', { x, before: { state: backend.zeros([2, 5]), steps: [1, 1] } })).toThrow(
      'pool: state is (2, 5), expected (2, 4), one for each row.',
    );
    expect(() => pool('last', { x: backend.zeros([2, 0, 4]) })).toThrow('pool: x is (2, 0, 4), expected at least');
    expect(() => squaredError(x, new Float32Array(3))).toThrow('squaredError: 3 targets, expected 24');
    expect(() => squaredError(x, new Float32Array(24).fill(NaN))).toThrow('every target is missing (NaN)');
    expect(() => squaredError(x, [1] as unknown as Float32Array)).toThrow('targets is a list, expected a Float32Array');
  });
});
