import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/wkv.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { partitions, raggedRows } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { caseOfSequence, type Sequence, sequenceLaws } from '../../../../test/support/sequenceLaws.ts';
import { sum, wkv } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';

interface Setup {
  B: number;
  L: number;
  D: number;
  state: boolean;
  ages: boolean;
  lengths: boolean;
  seed: number;
}

const setups = (L: number, D: number) =>
  fc.record<Setup>({
    B: sizes(3),
    L: sizes(L),
    D: sizes(D),
    state: fc.boolean(),
    ages: fc.boolean(),
    lengths: fc.boolean(),
    seed: seeds,
  });

const plain: Setup = { B: 2, L: 9, D: 5, state: true, ages: false, lengths: false, seed: 1 };
const stateNames = ['aa', 'bb', 'pp'] as const;

function sequenceOf({ B, L, D, seed, ...has }: Setup): Sequence {
  const random = uniforms(seed);
  return {
    inputs: {
      k: normal(random, [B, L, D], 2),
      v: normal(random, [B, L, D]),
      decay: uniform(random, [D], -1.5, -0.01),
      bonus: normal(random, [D]),
      ...(has.state && {
        aa: normal(random, [B, D]),
        bb: uniform(random, [B, D], 1, 3),
        pp: normal(random, [B, D]),
      }),
    },
    steps: ['k', 'v'],
    state: stateNames,
    run({ k, v, decay, bonus, aa, bb, pp }, positions) {
      const { y, state } = wkv({ k, v, decay, bonus, state: aa && { aa, bb, pp }, positions });
      return { outputs: [y], state: stateNames.map((name) => state[name]) };
    },
    truth({ k, v, decay, bonus, aa, bb, pp }, at) {
      const { y, state } = truth.wkv({ k, v, decay, bonus, state: aa && { aa, bb, pp }, ...at });
      return { outputs: [y], state: stateNames.map((name) => state[name]) };
    },
  };
}

/** Before the first step pp is −1e38, which no weighted sum survives: the state is then left out. */
function caseOf(setup: Setup): Case {
  const sequence = sequenceOf(setup);
  if (setup.state) return caseOfSequence(sequence, setup);
  return caseOfSequence(
    {
      ...sequence,
      run: (inputs, positions, isPart) => ({ ...sequence.run(inputs, positions, isPart), state: [] }),
      truth: (inputs, at) => ({ ...sequence.truth(inputs, at), state: [] }),
    },
    setup,
  );
}

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);

describe.each(backends)('wkv on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(40, 70), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 60 },
    );
    expectValues(backend, caseOf({ ...plain, L: 70, D: 200 }));
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(setups(9, 4), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf(setup), { sliced, tolerance: 2e-4 });
      }),
      { numRuns: 30 },
    );
  });

  it('has the slopes of central differences, also across blocks of channels and time', () => {
    for (const sliced of [false, true]) {
      expectSlopes(backend, caseOf({ ...plain, L: 70, D: 131, ages: true, lengths: true }), { sliced });
      expectSlopes(backend, caseOf({ ...plain, L: 70, D: 131 }), { sliced });
    }
  });

  it('passes NaN on', () => {
    expectNaN(backend, caseOf({ ...plain, D: 19 }));
  });

  it('neither overflows nor underflows where keys are far apart', () => {
    scope(() => {
      const L = 6;
      const inputs = {
        k: array([1, L, 1], [300, -300, 0, 5e3, -5e3, -5e3]),
        v: array([1, L, 1], [1, 2, 3, 4, 5, 6]),
        decay: array([1], [-2]),
        bonus: array([1], [-1]),
      };
      const want = truth.wkv(inputs);
      const parameters = { k: tensor(backend, inputs.k), v: tensor(backend, inputs.v) };
      const rates = { decay: tensor(backend, inputs.decay), bonus: tensor(backend, inputs.bonus) };
      const got = wkv({ ...parameters, ...rates });
      expectClose(got.y.read(), want.y.data, 1e-6, 'y');
      for (const name of stateNames) expectClose(got.state[name].read(), want.state[name].data, 1e-6, name);
      const { grads } = valueAndGrad(() => sum(wkv({ ...parameters, ...rates }).y), parameters);
      for (const grad of Object.values(grads)) expect(grad.read().every(Number.isFinite)).toBe(true);
    });
  });

  const sized = (D: number) => fc.record({ D: sizes(D, 1), state: fc.boolean(), seed: seeds });
  sequenceLaws<Partial<Setup>>(backend, {
    of: (B, L, setup) => sequenceOf({ ...plain, B, L, ...setup }),
    split: { parts: partitions(6, 40), setups: sized(70), numRuns: 20 },
    packed: { documents: partitions(5, 9), setups: sized(20), numRuns: 15 },
    ragged: { rows: raggedRows(setups(70, 40), ({ B }) => B), numRuns: 15 },
    carried: {
      ...{ B: 2, L: 40, tolerance: 2e-4 },
      cuts: [
        [1, {}],
        [32, {}],
        [35, {}],
      ],
    },
  });

  it('refuses what does not fit', () => {
    const of = (...shape: number[]) => backend.zeros(shape);
    const good = { k: of(2, 3, 4), v: of(2, 3, 4), decay: of(4), bonus: of(4) };
    expect(() => wkv({ ...good, v: of(2, 3, 5) })).toThrow('wkv: v is (2, 3, 5), expected (2, 3, 4), the shape of k.');
    expect(() => wkv({ ...good, decay: of(1, 4) })).toThrow('wkv: decay is (1, 4), expected (4)');
    const state = { aa: of(2, 4), bb: of(4), pp: of(2, 4) };
    expect(() => wkv({ ...good, state })).toThrow('wkv: state.bb is (4), expected (2, 4)');
  });
});

it('wkv gives the same bits for any number of threads', () => {
  const { inputs } = caseOf({ ...plain, B: 3, L: 70, D: 150, ages: true });
  const [one, two] = backends.slice(0, 2).map(({ backend }) =>
    scope(() => {
      const tensors = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensor(backend, x)]));
      const { aa, bb, pp, k, v, decay, bonus } = tensors;
      const f = () => sum(wkv({ k, v, decay, bonus, state: { aa, bb, pp } }).y);
      const { value, grads } = valueAndGrad(f, tensors);
      return [value, ...Object.values(grads)].map((x) => x.read());
    }),
  );
  two.forEach((values, i) => {
    expectIdentical(values, one[i], `tensor ${i}`);
  });
});
