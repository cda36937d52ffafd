import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Array64 } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/causalConv1d.ts';
import { backends } from '../../../../test/support/backends.ts';
import { expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, FORWARD, GRADIENT } from '../../../../test/support/compare.ts';
import { readGolden, timeSecond } from '../../../../test/support/golden.ts';
import { partitions, raggedRows } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { caseOfSequence, type Sequence, sequenceLaws } from '../../../../test/support/sequenceLaws.ts';
import { add, causalConv1d, mul, positionsOn, sum } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';

interface Setup {
  B: number;
  L: number;
  D: number;
  K: number;
  bias: boolean;
  state: boolean;
  ages: boolean;
  lengths: boolean;
  silu: boolean;
  /** weight as (D, K) and not (D, 1, K) */
  flat: boolean;
  seed: number;
}

const setups = (L: number, D: number) =>
  fc.record<Setup>({
    B: sizes(3),
    L: sizes(L),
    D: sizes(D),
    K: fc.oneof(fc.constant(4), fc.integer({ min: 1, max: 8 })),
    bias: fc.boolean(),
    state: fc.boolean(),
    ages: fc.boolean(),
    lengths: fc.boolean(),
    silu: fc.boolean(),
    flat: fc.boolean(),
    seed: seeds,
  });

const plain: Setup = {
  B: 2,
  L: 9,
  D: 5,
  K: 4,
  bias: true,
  state: true,
  ages: false,
  lengths: false,
  silu: true,
  flat: false,
  seed: 1,
};

function sequenceOf({ B, L, D, K, seed, ...has }: Setup): Sequence {
  const random = uniforms(seed);
  const activation = has.silu ? 'silu' : 'none';
  return {
    inputs: {
      x: normal(random, [B, L, D]),
      weight: normal(random, has.flat ? [D, K] : [D, 1, K]),
      ...(has.bias && { bias: normal(random, [D]) }),
      ...(has.state && { state: normal(random, [B, K, D]) }),
    },
    steps: ['x'],
    state: ['state'],
    run({ x, weight, bias, state }, positions) {
      const result = causalConv1d({ x, weight, bias, state, positions, activation });
      return { outputs: [result.y], state: [result.state] };
    },
    truth({ x, weight, bias, state }, at) {
      const result = truth.causalConv1d({ x, weight, bias, state, ...at, activation });
      return { outputs: [result.y], state: [result.state] };
    },
  };
}

const caseOf = (setup: Setup) => caseOfSequence(sequenceOf(setup), setup);

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);
const golden = await readGolden('conv_norm');

describe.each(backends)('causalConv1d on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(40, 70), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 100 },
    );
    expectValues(backend, caseOf({ ...plain, L: 70, D: 200 }));
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(setups(9, 4), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 40 },
    );
  });

  it('has the slopes of central differences, also across blocks of channels and time', () => {
    for (const K of [4, 7]) {
      for (const sliced of [false, true]) {
        expectSlopes(backend, caseOf({ ...plain, L: 70, D: 131, K, ages: true, lengths: true }), { sliced });
        expectSlopes(backend, caseOf({ ...plain, L: 70, D: 131, K }), { sliced });
      }
    }
  });

  it('passes NaN on', () => {
    expectNaN(backend, caseOf({ ...plain, D: 19 }));
    expectNaN(backend, caseOf({ ...plain, D: 19, K: 3, silu: false }));
  });

  const sized = (state: fc.Arbitrary<boolean>, D: number) =>
    fc.record({ D: sizes(D, 1), K: fc.integer({ min: 1, max: 8 }), state, seed: seeds });
  sequenceLaws<Partial<Setup>>(backend, {
    of: (B, L, setup) => sequenceOf({ ...plain, B, L, ...setup }),
    split: {
      parts: partitions(6, 7),
      setups: sized(fc.boolean(), 70),
      numRuns: 25,
      tolerance: 1e-6,
      stateTolerance: 0,
    },
    packed: {
      documents: partitions(5, 9),
      setups: sized(fc.constant(false), 20),
      numRuns: 20,
      tolerance: 1e-6,
      stateTolerance: 0,
    },
    ragged: { rows: raggedRows(setups(12, 40), ({ B }) => B), numRuns: 25 },
    batch: { B: 3, L: 20, setups: [{ D: 70 }] },
    carried: {
      ...{ B: 2, L: 9 },
      cuts: [
        [1, { K: 4 }],
        [3, { K: 4 }],
        [5, { K: 2 }],
        [2, { K: 6 }],
      ],
    },
  });

  it('sends no gradient to padding, and takes none from it', () => {
    scope(() => {
      const lengths = Int32Array.of(3, 0);
      const parameters = {
        x: backend.tensor([...[1, 2, 3, NaN, NaN], ...new Array(5).fill(NaN)], [2, 5, 1]),
        weight: backend.tensor([1, 2], [1, 1, 2]),
        state: backend.tensor([1, 1, 1, 1], [2, 2, 1]),
      };
      const { grads } = valueAndGrad(() => {
        const positions = positionsOn(backend, 2, 5, undefined, lengths);
        const { y, state } = causalConv1d({ ...parameters, positions, activation: 'none' });
        return add(sum(y), sum(state));
      }, parameters);
      // y₀ = w₀ s₁ + w₁ x₀ …; the last two inputs are also the state.
      expect([...grads.x.read()]).toEqual([3, 4, 3, 0, 0, 0, 0, 0, 0, 0]);
      expect([...grads.weight.read()]).toEqual([1 + 1 + 2, 1 + 2 + 3]);
      expect([...grads.state.read()]).toEqual([0, 1, 1, 1]);
    });
  });

  it('matches the official convolution', () => {
    scope(() => {
      const parameters = {
        x: tensor(backend, timeSecond(golden.get('conv.x'))),
        weight: tensor(backend, golden.get('conv.weight')),
        bias: tensor(backend, golden.get('conv.bias')),
      };
      const run = () => causalConv1d(parameters).y;
      expectClose(run().read(), timeSecond(golden.get('conv.out')).data, FORWARD, 'out');
      const weights = tensor(backend, timeSecond(golden.get('conv.weight.out')));
      const { grads } = valueAndGrad(() => sum(mul(run(), weights)), parameters);
      for (const name of ['x', 'weight', 'bias'] as const) {
        const want = timeSecond(golden.get(`conv.grad.${name}`)).data;
        expectClose(grads[name].read(), want, GRADIENT, `the gradient of ${name}`);
      }
    });
  });
});
