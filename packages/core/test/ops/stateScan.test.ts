import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as truth from '../../../../test/reference/stateScan.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { partitions, raggedRows } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { caseOfSequence, type Sequence, sequenceLaws } from '../../../../test/support/sequenceLaws.ts';
import { neg, selectiveScan, transposeLast } from '../../src/ops/index.ts';
import { stateScan } from '../../src/ops/stateScan.ts';
import { scope } from '../../src/tensor/scope.ts';

interface Setup {
  batch: number;
  L: number;
  D: number;
  N: number;
  /** Whether Δ is of channels and states, and which other inputs change with time. */
  wide: boolean;
  rate: boolean;
  B: boolean;
  C: boolean;
  state: boolean;
  ages: boolean;
  lengths: boolean;
  seed: number;
}

const setups = (L: number, D: number, N: number) =>
  fc.record<Setup>({
    batch: sizes(3),
    L: sizes(L),
    D: sizes(D),
    N: sizes(N, 1),
    wide: fc.boolean(),
    rate: fc.boolean(),
    B: fc.boolean(),
    C: fc.boolean(),
    state: fc.boolean(),
    ages: fc.boolean(),
    lengths: fc.boolean(),
    seed: seeds,
  });

/** Only Δ changes with time. */
const still: Setup = {
  batch: 2,
  L: 9,
  D: 5,
  N: 3,
  wide: false,
  rate: false,
  B: false,
  C: false,
  state: true,
  ages: false,
  lengths: false,
  seed: 1,
};
/** Everything does. */
const moving: Setup = { ...still, wide: true, rate: true, B: true, C: true };

function sequenceOf({ batch, L, D, N, seed, ...has }: Setup): Sequence {
  const random = uniforms(seed);
  return {
    inputs: {
      u: normal(random, [batch, L, D]),
      delta: uniform(random, has.wide ? [batch, L, N, D] : [batch, L, D], 0.01, 0.6),
      rate: uniform(random, has.rate ? [batch, L, N, D] : [N, D], 0.1, 2),
      B: normal(random, has.B ? [batch, L, N] : [N, D]),
      C: normal(random, has.C ? [batch, L, N] : [N, D]),
      ...(has.state && { state: normal(random, [batch, N, D]) }),
    },
    steps: ['u', 'delta', ...(has.rate ? ['rate'] : []), ...(has.B ? ['B'] : []), ...(has.C ? ['C'] : [])],
    state: ['state'],
    run({ u, delta, rate, B, C, state }, positions) {
      const result = stateScan({ u, delta, rate, B, C, positions }, state);
      return { outputs: [result.y], state: [result.state] };
    },
    truth({ u, delta, rate, B, C, state }, at) {
      const result = truth.stateScan({ u, delta, rate, B, C, state, ...at });
      return { outputs: [result.y], state: [result.state] };
    },
  };
}

const caseOf = (setup: Setup) => caseOfSequence(sequenceOf(setup), setup);

describe.each(backends)('stateScan on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(70, 40, 9), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 80 },
    );
  });

  it('has the gradients of central differences, also across chunks of time and vectors of channels', () => {
    fc.assert(
      fc.property(setups(5, 3, 3), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf({ ...setup, batch: Math.min(setup.batch, 2) }), { sliced });
      }),
      { numRuns: 30 },
    );
    for (const setup of [still, moving]) {
      expectGradients(backend, caseOf({ ...setup, batch: 1, L: 35, D: 2, N: 2 }));
      expectSlopes(backend, caseOf({ ...setup, L: 70, D: 37, N: 4, ages: true, lengths: true }), { sliced: true });
    }
  });

  it('passes NaN on', () => {
    expectNaN(backend, caseOf({ ...still, D: 19 }));
    expectNaN(backend, caseOf({ ...moving, D: 19 }));
  });

  const either = fc
    .tuple(fc.constantFrom(still, moving), fc.boolean(), seeds)
    .map(([setup, state, seed]) => ({ ...setup, D: 19, state, seed }));
  sequenceLaws<Setup>(backend, {
    of: (batch, L, setup) => sequenceOf({ ...setup, batch, L }),
    split: { parts: partitions(5, 40), setups: either, numRuns: 20, tolerance: 1e-6 },
    packed: { documents: partitions(5, 40), setups: either, numRuns: 15, tolerance: 1e-6 },
    ragged: { rows: raggedRows(setups(50, 20, 5), ({ batch }) => batch), numRuns: 15 },
    carried: {
      ...{ B: 2, L: 9 },
      cuts: [
        [4, still],
        [4, moving],
      ],
    },
  });

  it('is the selective scan where A is constant', () => {
    scope(() => {
      const { inputs } = caseOf({ ...moving, wide: false, rate: false, L: 50, D: 21, N: 8 });
      const [u, delta, rate, B, C] = ['u', 'delta', 'rate', 'B', 'C'].map((name) =>
        backend.tensor(Float32Array.from(inputs[name].data), inputs[name].shape),
      );
      const want = selectiveScan({ u, delta, A: neg(transposeLast(rate)), B, C });
      const got = stateScan({ u, delta, rate, B, C });
      expectClose(got.y.read(), want.out.read(), 1e-5, 'y');
      expectClose(transposeLast(got.state).read(), want.lastState.read(), 1e-5, 'state');
    });
  });
});

describe('stateScan refuses', () => {
  const t = (...shape: number[]) => anyBackend.zeros(shape);
  const good = { u: t(2, 4, 8), delta: t(2, 4, 8), rate: t(3, 8), B: t(2, 4, 3), C: t(3, 8) };
  it.each([
    [{ u: t(4, 8) }, 'stateScan: u is (4, 8), expected 3 axes (B, L, D).'],
    [{ rate: t(2, 4, 8) }, 'stateScan: rate is (2, 4, 8), expected 2 axes (N, D), or 4 axes (B, L, N, D).'],
    [{ rate: t(3, 7) }, 'stateScan: rate is (3, 7), expected (3, 8), the channels of u'],
    [{ delta: t(2, 4, 7) }, 'stateScan: delta is (2, 4, 7), expected (2, 4, 8), the shape of u'],
    [{ delta: t(2, 4, 2, 8) }, 'stateScan: delta is (2, 4, 2, 8), expected (2, 4, 3, 8)'],
    [{ B: t(2, 4, 2) }, 'stateScan: B is (2, 4, 2), expected (2, 4, 3)'],
    [{ C: t(8, 3) }, 'stateScan: C is (8, 3), expected (3, 8)'],
  ])('%#', (changed, message) => {
    expect(() => stateScan({ ...good, ...changed })).toThrow(message);
  });
  it('a state of other sizes', () => {
    expect(() => stateScan(good, t(2, 8, 3))).toThrow('stateScan: state is (2, 8, 3), expected (2, 3, 8)');
  });
});
