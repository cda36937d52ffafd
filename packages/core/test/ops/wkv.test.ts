import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/wkv.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { agesOf, partitions, randomAges, randomLengths, row, timeSlice } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { positionsOn, sum, wkv } from '../../src/ops/index.ts';
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

function caseOf({ B, L, D, seed, ...has }: Setup): Case {
  const random = uniforms(seed);
  const ages = has.ages ? randomAges(B, L, seed) : undefined;
  const lengths = has.lengths ? randomLengths(B, L, seed) : undefined;
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
    run({ k, v, decay, bonus, aa, bb, pp }, backend) {
      const positions = positionsOn(backend, B, L, ages, lengths);
      const result = wkv({ k, v, decay, bonus, state: aa && { aa, bb, pp }, positions });
      // Of an empty row pp is −1e38, which no weighted sum survives.
      return has.state ? [result.y, ...stateNames.map((name) => result.state[name])] : [result.y];
    },
    truth({ k, v, decay, bonus, aa, bb, pp }) {
      const result = truth.wkv({ k, v, decay, bonus, state: aa && { aa, bb, pp }, ages, lengths });
      return has.state ? [result.y, ...stateNames.map((name) => result.state[name])] : [result.y];
    },
  };
}

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);

describe.each(backends)('wkv on $name', ({ backend }) => {
  /** Everything it returns, of plain arrays. */
  const run = (inputs: Record<string, Array64>, state?: Float32Array[], ages?: Int32Array, lengths?: Int32Array) => {
    const [B, L, D] = inputs.k.shape;
    const [aa, bb, pp] = state?.map((values) => backend.tensor(values, [B, D])) ?? [];
    const result = wkv({
      k: tensor(backend, inputs.k),
      v: tensor(backend, inputs.v),
      decay: tensor(backend, inputs.decay),
      bonus: tensor(backend, inputs.bonus),
      state: aa && { aa, bb, pp },
      positions: positionsOn(backend, B, L, ages, lengths),
    });
    return { y: result.y.read(), state: stateNames.map((name) => result.state[name].read()) };
  };
  const slice = ({ k, v, ...rest }: Record<string, Array64>, from: number, to: number) => ({
    ...rest,
    k: timeSlice(k, from, to),
    v: timeSlice(v, from, to),
  });

  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(40, 70), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 60 },
    );
    expectValues(backend, caseOf({ ...plain, L: 70, D: 200 }));
  });

  it('has the gradient that differences have', () => {
    fc.assert(
      fc.property(setups(9, 4), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf(setup), { sliced, tolerance: 2e-4 });
      }),
      { numRuns: 30 },
    );
  });

  it('has the slopes that differences have, also across blocks of channels and time', () => {
    for (const sliced of [false, true]) {
      expectSlopes(backend, caseOf({ ...plain, L: 70, D: 131, ages: true, lengths: true }), { sliced });
      expectSlopes(backend, caseOf({ ...plain, L: 70, D: 131 }), { sliced });
    }
  });

  it('lets NaN through', () => {
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
      const got = run(inputs);
      expectClose(got.y, want.y.data, 1e-6, 'y');
      stateNames.forEach((name, i) => {
        expectClose(got.state[i], want.state[name].data, 1e-6, name);
      });
      const parameters = { k: tensor(backend, inputs.k), v: tensor(backend, inputs.v) };
      const { grads } = valueAndGrad(
        () => sum(wkv({ ...parameters, decay: tensor(backend, inputs.decay), bonus: tensor(backend, inputs.bonus) }).y),
        parameters,
      );
      for (const grad of Object.values(grads)) expect(grad.read().every(Number.isFinite)).toBe(true);
    });
  });

  it('gives the same output and state for any split of time', () => {
    fc.assert(
      fc.property(partitions(6, 40), sizes(70, 1), seeds, (pieces, D, seed) => {
        scope(() => {
          const L = pieces.reduce((a, b) => a + b);
          const { inputs } = caseOf({ ...plain, B: 1, L, D, state: false, seed });
          const whole = run(inputs);
          let state: Float32Array[] | undefined;
          let at = 0;
          for (const length of pieces) {
            const piece = run(slice(inputs, at, at + length), state);
            expectIdentical(piece.y, whole.y.slice(at * D, (at + length) * D), 'y');
            state = piece.state;
            at += length;
          }
          stateNames.forEach((name, i) => {
            expectIdentical(state![i], whole.state[i], name);
          });
        });
      }),
      { numRuns: 20 },
    );
  });

  it('keeps packed documents apart: outputs, states, and what lies in the others', () => {
    fc.assert(
      fc.property(partitions(5, 9), sizes(20, 1), seeds, (documents, D, seed) => {
        scope(() => {
          const L = documents.reduce((a, b) => a + b);
          const { inputs } = caseOf({ ...plain, B: 1, L, D, state: false, seed });
          const packed = run(inputs, undefined, agesOf(documents));
          let at = 0;
          for (const length of documents) {
            const alone = run(slice(inputs, at, at + length));
            expectIdentical(packed.y.slice(at * D, (at + length) * D), alone.y, 'y');
            at += length;
            if (at === L) for (const i of [0, 1, 2]) expectIdentical(packed.state[i], alone.state[i], stateNames[i]);
          }
          // A NaN in all documents but the last stays there.
          const last = (L - (documents.at(-1) as number)) * D;
          const v = array(
            inputs.v.shape,
            inputs.v.data.map((x, i) => (i < last ? NaN : x)),
          );
          const beside = run({ ...inputs, v }, undefined, agesOf(documents));
          expectIdentical(beside.y.slice(last), packed.y.slice(last), 'y beside NaN');
        });
      }),
      { numRuns: 15 },
    );
  });

  it('gives ragged rows of a batch what they have alone, whatever the padding holds', () => {
    fc.assert(
      fc.property(setups(70, 40), (setup) => {
        scope(() => {
          const { B, L, D } = setup;
          const { inputs } = caseOf({ ...setup, ages: false, lengths: false, state: false });
          const lengths = randomLengths(B, L, setup.seed);
          const v = array(
            [B, L, D],
            inputs.v.data.map((x, i) => (Math.floor(i / D) % L >= lengths[Math.floor(i / D / L)] ? NaN : x)),
          );
          const all = run({ ...inputs, v }, undefined, undefined, lengths);
          for (let b = 0; b < B; b++) {
            const alone = run(slice({ ...inputs, k: row(inputs.k, b), v: row(v, b) }, 0, lengths[b]));
            const end = (b * L + lengths[b]) * D;
            expectIdentical(all.y.slice(b * L * D, end), alone.y, 'y');
            expect(
              all.y.slice(end, (b + 1) * L * D).every((value) => value === 0),
              'padding gives zeros',
            ).toBe(true);
            for (const i of [0, 1, 2]) {
              expectIdentical(all.state[i].slice(b * D, (b + 1) * D), alone.state[i], stateNames[i]);
            }
          }
        });
      }),
      { numRuns: 15 },
    );
  });

  it('differentiates through the carried state as in one piece', () => {
    const c = caseOf({ ...plain, L: 40 });
    for (const cut of [1, 32, 35]) {
      const { k, v, ...rest } = c.inputs;
      const pieces: Case = {
        inputs: {
          ...rest,
          'k.first': timeSlice(k, 0, cut),
          'k.second': timeSlice(k, cut, 40),
          'v.first': timeSlice(v, 0, cut),
          'v.second': timeSlice(v, cut, 40),
        },
        run(x) {
          const { decay, bonus, aa, bb, pp } = x;
          const one = wkv({ k: x['k.first'], v: x['v.first'], decay, bonus, state: { aa, bb, pp } });
          const two = wkv({ k: x['k.second'], v: x['v.second'], decay, bonus, state: one.state });
          return [one.y, two.y, two.state.aa, two.state.pp];
        },
        truth(x) {
          const { decay, bonus, aa, bb, pp } = x;
          const one = truth.wkv({ k: x['k.first'], v: x['v.first'], decay, bonus, state: { aa, bb, pp } });
          const two = truth.wkv({ k: x['k.second'], v: x['v.second'], decay, bonus, state: one.state });
          return [one.y, two.y, two.state.aa, two.state.pp];
        },
      };
      expectValues(backend, pieces);
      expectGradients(backend, pieces, { tolerance: 2e-4 });
    }
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

it('wkv gives the same bits on any number of threads', () => {
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
