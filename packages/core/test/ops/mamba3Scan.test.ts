import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/mamba3.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { readGolden, timeSecond } from '../../../../test/support/golden.ts';
import { partitions } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { caseOfSequence, type Sequence, sequenceLaws } from '../../../../test/support/sequenceLaws.ts';
import { add, mamba3Scan, mul, sum } from '../../src/ops/index.ts';
import { mamba3FromState } from '../../src/ops/mamba3Scan.ts';
import { reshape } from '../../src/ops/shape.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

const forms = ['recurrent', 'chunked'] as const;
type Form = (typeof forms)[number];

interface Setup {
  B: number;
  L: number;
  G: number;
  /** Heads of a group. */
  heads: number;
  P: number;
  /** Pairs of values, and the number of them that turn. */
  pairs: number;
  turning: number;
  /** 0: SISO. */
  rank: number;
  D: boolean;
  shared: boolean;
  state: boolean;
  ages: boolean;
  lengths: boolean;
  form: Form;
  seed: number;
}

const setups = (L: number, P: number, pairs: number) =>
  fc.record<Setup>({
    B: sizes(2),
    L: sizes(L),
    G: sizes(2, 1),
    heads: sizes(2, 1),
    P: sizes(P, 1),
    pairs: sizes(pairs, 1),
    turning: sizes(pairs, 1),
    rank: sizes(3),
    D: fc.boolean(),
    shared: fc.boolean(),
    state: fc.boolean(),
    ages: fc.boolean(),
    lengths: fc.boolean(),
    form: fc.constantFrom(...forms),
    seed: seeds,
  });

const plain: Setup = {
  B: 2,
  L: 9,
  G: 2,
  heads: 2,
  P: 5,
  pairs: 3,
  turning: 2,
  rank: 2,
  D: true,
  shared: false,
  state: true,
  ages: false,
  lengths: false,
  form: 'chunked',
  seed: 1,
};

const stateNames = ['angle', 'ssm', 'k', 'v'] as const;

function inputsOf({ B, L, G, heads, P, pairs, turning, rank, seed, ...has }: Setup): Record<string, Array64> {
  const random = uniforms(seed);
  const [H, N, R, S] = [G * heads, 2 * pairs, Math.max(1, rank), Math.min(turning, pairs)];
  return {
    C: normal(random, [B, L, R, G, N]),
    B: normal(random, [B, L, R, G, N]),
    x: normal(random, [B, L, H, P]),
    ADT: uniform(random, [B, L, H], -1.5, -0.01),
    DT: uniform(random, [B, L, H], 0.1, 1),
    trap: normal(random, [B, L, H]),
    angles: normal(random, [B, L, has.shared ? 1 : H, S]),
    CBias: normal(random, [H, R, N]),
    BBias: normal(random, [H, R, N]),
    ...(has.D && { D: normal(random, [H]) }),
    ...(rank > 0 && { mimoX: normal(random, [H, R, P]) }),
    ...(has.state && {
      angle: uniform(random, [B, H, S], -3, 3),
      ssm: normal(random, [B, H, N, P]),
      k: normal(random, [B, R, H, N]),
      v: normal(random, [B, H, P]),
    }),
  };
}

/** From tensors under the reference's names and shapes. */
function scanOf(inputs: Record<string, Tensor>, form: Form, positions = {}) {
  const { x, angles, angle, ssm, k, v, ...rest } = inputs;
  const [B, L, H, P] = x.shape;
  return mamba3FromState(
    {
      ...(rest as unknown as Parameters<typeof mamba3FromState>[0]),
      x: reshape(x, [B, L, H * P]),
      angles: reshape(angles, [B, L, angles.shape[2] * angles.shape[3]]),
      sharedAngles: angles.shape[2] === 1 && H > 1,
      positions,
      form,
    },
    angle && { angle, ssm, k, v },
  );
}

function sequenceOf(setup: Setup): Sequence {
  return {
    inputs: inputsOf(setup),
    steps: ['C', 'B', 'x', 'ADT', 'DT', 'trap', 'angles'],
    state: stateNames,
    run(inputs, positions, isPart) {
      const form = isPart && inputs.x.shape[1] < 4 ? 'recurrent' : setup.form;
      const { y, state } = scanOf(inputs, form, positions);
      return { outputs: [y], state: stateNames.map((name) => state[name]) };
    },
    truth(inputs, at) {
      const result = truth.mamba3({ ...(inputs as unknown as truth.Mamba3Input), ...at });
      return { outputs: [result.y], state: stateNames.map((name) => result[name]) };
    },
  };
}

const caseOf = (setup: Setup) => caseOfSequence(sequenceOf(setup), setup);

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);
const placeAll = (backend: Backend, inputs: Record<string, Array64>) =>
  Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensor(backend, x)]));

const ranks = fc.constantFrom(0, 3);

describe.each(backends)('mamba3Scan on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(40, 20, 20), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 40 },
    );
    for (const form of forms) {
      for (const rank of [0, 4]) {
        expectValues(backend, caseOf({ ...plain, L: 150, P: 24, pairs: 20, turning: 10, rank, form }));
        expectValues(backend, caseOf({ ...plain, L: 90, P: 64, pairs: 8, G: 1, rank, ages: true, form }));
      }
    }
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(setups(7, 4, 3), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 25 },
    );
  });

  it('has the slopes of central differences, also across chunks, units and documents', () => {
    for (const [rank, L] of [
      [0, 70],
      [3, 30],
    ]) {
      expectSlopes(backend, caseOf({ ...plain, B: 1, L, P: 9, pairs: 7, turning: 5, rank }));
      const many = { G: 1, heads: 9, ages: true, lengths: true, shared: true };
      expectSlopes(backend, caseOf({ ...plain, ...many, L: 40, pairs: 2, rank }));
    }
  });

  it('passes NaN on to what depends on it alone', () => {
    for (const form of forms) {
      for (const rank of [0, 2]) {
        expectNaN(backend, caseOf({ ...plain, L: 20, rank, form }));
        expectNaN(backend, caseOf({ ...plain, L: 20, rank, ages: true, state: false, form }));
      }
    }
  });

  const drawn = fc.record({ rank: ranks, form: fc.constantFrom(...forms), state: fc.boolean(), seed: seeds });
  sequenceLaws<Partial<Setup>>(backend, {
    of: (B, L, setup) => sequenceOf({ ...plain, B, L, ...setup }),
    split: { parts: partitions(5, 60), setups: drawn, numRuns: 12, tolerance: 2e-5 },
    packed: { documents: partitions(4, 50), setups: drawn, numRuns: 12, tolerance: 2e-5 },
    ragged: {
      rows: fc
        .constantFrom(...forms)
        .map((form) => ({ B: 3, L: 80, lengths: Int32Array.of(0, 80, 37), setup: { form } })),
      numRuns: 4,
    },
    carried: {
      ...{ B: 1, L: 7 },
      cuts: [
        [3, { form: 'recurrent', rank: 0 }],
        [3, { form: 'chunked', rank: 2 }],
      ],
    },
  });

  it('keeps its angles however long a sequence is', () => {
    scope(() => {
      const L = 3000;
      const one = { B: 1, G: 1, heads: 1, P: 1, pairs: 1, turning: 1, rank: 0, state: false };
      const inputs = inputsOf({ ...plain, ...one, L });
      const spinning = { ...inputs, DT: array([1, L, 1], new Float64Array(L).fill(0.9)) };
      const { state } = scanOf(placeAll(backend, spinning), 'chunked');
      const want = truth.mamba3(spinning as unknown as truth.Mamba3Input);
      expectClose(state.angle.read(), want.angle.data, 1e-4, 'angle');
      expectClose(state.k.read(), want.k.data, 1e-4, 'k');
    });
  });

  it.each(['siso_combined_04', 'siso_combined_05'])('matches the official kernel, in bfloat16: %s', async (name) => {
    const golden = await readGolden(`kernel/mamba3_${name}`);
    const place = (key: string, shape?: (one: readonly number[]) => number[]) => {
      const one = golden.get(key);
      return backend.tensor(Float32Array.from(one.data), shape ? shape(one.shape) : one.shape);
    };
    const late = (key: string) => tensor(backend, timeSecond(golden.get(key)));
    const ranked = ([B, L, ...rest]: readonly number[]) => [B, L, 1, ...rest];
    const { out } = mamba3Scan({
      C: place('Q', ranked),
      B: place('K', ranked),
      x: place('V'),
      ADT: late('ADT'),
      DT: late('DT'),
      trap: late('Trap'),
      angles: place('Angles'),
      CBias: place('Q_bias', ([H, N]) => [H, 1, N]),
      BBias: place('K_bias', ([H, N]) => [H, 1, N]),
      D: place('D'),
      z: place('Z'),
    });
    const [got, want] = [out.read(), golden.get('out').data];
    const error = want.reduce((total, value, i) => total + (value - got[i]) ** 2, 0);
    expect(Math.sqrt(error / want.reduce((total, value) => total + value ** 2, 0))).toBeLessThan(0.01);
  });
});

describe('mamba3Scan', () => {
  it('gives the same bits for any number of threads', () => {
    const [one, two] = backends.map(({ backend }) => backend);
    for (const rank of [0, 2]) {
      const inputs = inputsOf({ ...plain, L: 60, P: 16, pairs: 8, G: 1, heads: 8, rank });
      const run = (backend: Backend) =>
        scope(() => {
          const placed = placeAll(backend, inputs);
          const { value, grads } = valueAndGrad(() => {
            const { y, state } = scanOf(placed, 'chunked');
            return stateNames.map((name) => sum(state[name])).reduce(add, sum(mul(y, y)));
          }, placed);
          return [value, ...Object.values(grads)].map((x) => x.read());
        });
      const [a, b] = [run(one), run(two)];
      for (const [i, values] of a.entries()) expectIdentical(b[i], values, `rank ${rank}: ${i}`);
    }
  });

  const zeros = (...shape: number[]) => anyBackend.zeros(shape);
  const per = () => zeros(2, 3, 4);
  const good = {
    ...{ C: zeros(2, 3, 1, 2, 6), B: zeros(2, 3, 1, 2, 6), x: zeros(2, 3, 4, 5), angles: zeros(2, 3, 4, 2) },
    ...{ ADT: per(), DT: per(), trap: per(), CBias: zeros(4, 1, 6), BBias: zeros(4, 1, 6) },
  };
  const rows = (R: number, G: number, N: number) => ({ C: zeros(2, 3, R, G, N), B: zeros(2, 3, R, G, N) });
  it.each([
    [{ B: zeros(2, 3, 1, 2, 4) }, 'mamba3Scan: B is (2, 3, 1, 2, 4), expected (2, 3, 1, 2, 6), the shape of C.'],
    [{ CBias: zeros(3, 1, 6) }, 'mamba3Scan: CBias has 3 heads, expected a divisor of 20, the channels of x.'],
    [rows(1, 3, 6), 'mamba3Scan: C has 3 groups, expected a divisor of H = 4, the heads of CBias.'],
    [rows(2, 2, 6), 'mamba3Scan: C has rank 2, expected 1 without mimo.'],
    [rows(1, 2, 5), 'mamba3Scan: C has 5 values a head, expected an even number: they turn in pairs.'],
    [{ angles: zeros(2, 3, 4, 4) }, 'mamba3Scan: 4 angles a head, expected 1 to 3, the pairs of the 6 values of C.'],
    [
      { angles: zeros(2, 3, 3, 2) },
      'mamba3Scan: angles is (2, 3, 3, 2), expected (2, 3, 4, 2), the rows, steps and heads',
    ],
    [{ trap: zeros(2, 3, 5) }, 'mamba3Scan: trap is (2, 3, 5), expected (2, 3, 4), one number for each head of x.'],
    [{ BBias: zeros(4, 2, 6) }, 'mamba3Scan: BBias is (4, 2, 6), expected (4, 1, 6), the shape of CBias.'],
    [{ D: zeros(5) }, 'mamba3Scan: D is (5), expected (4), the heads of CBias.'],
    [{ z: zeros(2, 3, 4, 6) }, 'mamba3Scan: z is (2, 3, 4, 6), expected (2, 3, 4, 5), the shape of x.'],
    [
      { mimo: { x: zeros(4, 2, 5), z: zeros(4, 1, 5), o: zeros(4, 1, 5) } },
      'mamba3Scan: mimo.x is (4, 2, 5), expected (4, 1, 5), the heads, the rank of C, the channels of a head of x.',
    ],
    [
      { mimo: { x: zeros(4, 1, 5), z: zeros(4, 1, 6), o: zeros(4, 1, 5) } },
      'rankGate: mimo.z is (4, 1, 6), expected (4, 1, 5), the heads, ranks and channels of y.',
    ],
  ])('refuses %#', (wrong, message) => {
    expect(() => mamba3Scan({ ...good, ...wrong })).toThrow(message);
  });

  const flat = { ...good, x: zeros(2, 3, 20), angles: zeros(2, 3, 8) };
  const start = { angle: zeros(2, 4, 2), ssm: zeros(2, 4, 6, 5), k: zeros(2, 1, 4, 6), v: zeros(2, 4, 5) };
  it.each([
    [
      { angle: zeros(2, 4, 3) },
      'mamba3Scan: the angle of the state is (2, 4, 3), expected (2, 4, 2), an angle for each',
    ],
    [
      { ssm: zeros(2, 4, 5, 6) },
      'mamba3Scan: the ssm of the state is (2, 4, 5, 6), expected (2, 4, 6, 5), a state for',
    ],
    [
      { k: zeros(2, 4, 6) },
      'mamba3Scan: the k of the state is (2, 4, 6), expected (2, 1, 4, 6), K of each rank and head.',
    ],
    [
      { v: zeros(1, 4, 5) },
      'mamba3Scan: the v of the state is (1, 4, 5), expected (2, 4, 5), the channels of each head.',
    ],
  ])('refuses a state with %#', (wrong, message) => {
    expect(() => mamba3FromState(flat, { ...start, ...wrong })).toThrow(message);
  });
  it('refuses a form it does not have', () => {
    const form = 'fast' as 'auto';
    const message = "mamba3Scan: form is 'fast', expected 'auto', 'recurrent' or 'chunked'.";
    expect(() => mamba3FromState({ ...flat, form })).toThrow(message);
  });
});
