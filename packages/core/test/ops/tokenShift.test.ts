import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Array64 } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/tokenShift.ts';
import { backends } from '../../../../test/support/backends.ts';
import { expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { partitions, raggedRows } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { caseOfSequence, type Sequence, sequenceLaws } from '../../../../test/support/sequenceLaws.ts';
import { add, mul, sum, tokenShift } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';

interface Setup {
  B: number;
  L: number;
  D: number;
  mixes: number;
  state: boolean;
  ages: boolean;
  lengths: boolean;
  /** mixes as (D) and not (1, 1, D) */
  flat: boolean;
  seed: number;
}

const setups = (L: number, D: number) =>
  fc.record<Setup>({
    B: sizes(3),
    L: sizes(L),
    D: sizes(D),
    mixes: fc.integer({ min: 1, max: 3 }),
    state: fc.boolean(),
    ages: fc.boolean(),
    lengths: fc.boolean(),
    flat: fc.boolean(),
    seed: seeds,
  });

const plain: Setup = { B: 2, L: 9, D: 5, mixes: 3, state: true, ages: false, lengths: false, flat: false, seed: 1 };

function sequenceOf({ B, L, D, seed, ...has }: Setup): Sequence {
  const random = uniforms(seed);
  const names = ['m0', 'm1', 'm2'].slice(0, has.mixes);
  return {
    inputs: {
      x: normal(random, [B, L, D]),
      ...Object.fromEntries(names.map((name) => [name, normal(random, has.flat ? [D] : [1, 1, D])])),
      ...(has.state && { state: normal(random, [B, D]) }),
    },
    steps: ['x'],
    state: ['state'],
    run({ x, state, ...mixes }, positions) {
      const result = tokenShift({ x, mixes: names.map((name) => mixes[name]), state, positions });
      return { outputs: result.outputs, state: [result.state] };
    },
    truth({ x, state, ...mixes }, at) {
      const result = truth.tokenShift({ x, mixes: names.map((name) => mixes[name]), state, ...at });
      return { outputs: result.outputs, state: [result.state] };
    },
  };
}

const caseOf = (setup: Setup) => caseOfSequence(sequenceOf(setup), setup);

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);

describe.each(backends)('tokenShift on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(20, 70), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 60 },
    );
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(setups(7, 4), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 30 },
    );
  });

  it('has the slopes of central differences, also across blocks of channels', () => {
    for (const sliced of [false, true]) {
      expectSlopes(backend, caseOf({ ...plain, L: 20, D: 131, ages: true, lengths: true }), { sliced });
    }
  });

  it('passes NaN on', () => {
    expectNaN(backend, caseOf({ ...plain, D: 19 }));
  });

  const sized = fc.record({ D: sizes(70, 1), mixes: fc.integer({ min: 1, max: 3 }), state: fc.boolean(), seed: seeds });
  sequenceLaws<Partial<Setup>>(backend, {
    of: (B, L, setup) => sequenceOf({ ...plain, B, L, ...setup }),
    split: { parts: partitions(5, 7), setups: sized, numRuns: 15 },
    packed: { documents: partitions(5, 7), setups: sized, numRuns: 15 },
    ragged: { rows: raggedRows(setups(20, 40), ({ B }) => B), numRuns: 15 },
    carried: { B: 2, L: 9, cuts: [[4, {}]] },
  });

  it('refuses what does not fit', () => {
    const x = backend.zeros([2, 3, 4]);
    const mix = backend.zeros([4]);
    expect(() => tokenShift({ x, mixes: [] })).toThrow('tokenShift: no mixes, expected at least one, of shape (D).');
    expect(() => tokenShift({ x, mixes: [mix, backend.zeros([1, 1, 5])] })).toThrow(
      'tokenShift: mixes[1] is (1, 1, 5), expected (1, 1, 4), the channels of x.',
    );
    expect(() => tokenShift({ x, mixes: [mix], state: mix })).toThrow('tokenShift: state is (4), expected (2, 4)');
  });
});

it('tokenShift gives the same bits for any number of threads', () => {
  const { inputs, run } = caseOf({ ...plain, B: 3, L: 30, D: 150, ages: true });
  const [one, two] = backends.slice(0, 2).map(({ backend }) =>
    scope(() => {
      const tensors = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensor(backend, x)]));
      const losses = () => run(tensors, backend).map((y) => sum(mul(y, y)));
      const { value, grads } = valueAndGrad(() => losses().reduce((a, b) => add(a, b)), tensors);
      return [value, ...Object.values(grads)].map((x) => x.read());
    }),
  );
  two.forEach((values, i) => {
    expectIdentical(values, one[i], `tensor ${i}`);
  });
});
