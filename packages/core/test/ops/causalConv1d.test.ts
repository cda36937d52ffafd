import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/causalConv1d.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, expectIdentical, FORWARD, GRADIENT } from '../../../../test/support/compare.ts';
import { readGolden, timeSecond } from '../../../../test/support/golden.ts';
import { agesOf, partitions, randomAges, randomLengths, row, timeSlice } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
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

function caseOf({ B, L, D, K, seed, ...has }: Setup): Case {
  const random = uniforms(seed);
  const ages = has.ages ? randomAges(B, L, seed) : undefined;
  const lengths = has.lengths ? randomLengths(B, L, seed) : undefined;
  const activation = has.silu ? 'silu' : 'none';
  return {
    inputs: {
      x: normal(random, [B, L, D]),
      weight: normal(random, has.flat ? [D, K] : [D, 1, K]),
      ...(has.bias && { bias: normal(random, [D]) }),
      ...(has.state && { state: normal(random, [B, K, D]) }),
    },
    run({ x, weight, bias, state }, backend) {
      const positions = positionsOn(backend, B, L, ages, lengths);
      const result = causalConv1d({ x, weight, bias, state, positions, activation });
      return [result.y, result.state];
    },
    truth({ x, weight, bias, state }) {
      const result = truth.causalConv1d({ x, weight, bias, state, ages, lengths, activation });
      return [result.y, result.state];
    },
  };
}

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

  it('has the gradient that differences have', () => {
    fc.assert(
      fc.property(setups(9, 4), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 40 },
    );
  });

  it('has the slopes that differences have, also across blocks of channels and time', () => {
    for (const K of [4, 7]) {
      for (const sliced of [false, true]) {
        expectSlopes(backend, caseOf({ ...plain, L: 70, D: 131, K, ages: true, lengths: true }), { sliced });
        expectSlopes(backend, caseOf({ ...plain, L: 70, D: 131, K }), { sliced });
      }
    }
  });

  it('lets NaN through', () => {
    expectNaN(backend, caseOf({ ...plain, D: 19 }));
    expectNaN(backend, caseOf({ ...plain, D: 19, K: 3, silu: false }));
  });

  /** The convolution of x from a state, piece by piece: y of all, and the last state. */
  const inPieces = (c: Case, pieces: readonly number[]) => {
    const { weight, bias } = c.inputs;
    const parts: Float32Array[] = [];
    let state = c.inputs.state && tensor(backend, c.inputs.state);
    let at = 0;
    for (const length of pieces) {
      const x = tensor(backend, timeSlice(c.inputs.x, at, at + length));
      const result = causalConv1d({ x, weight: tensor(backend, weight), bias: tensor(backend, bias), state });
      parts.push(result.y.read());
      state = result.state;
      at += length;
    }
    return { y: Float32Array.from(parts.flatMap((part) => [...part])), state: state.read() };
  };

  it('gives the same output and state for any split of time', () => {
    fc.assert(
      fc.property(partitions(6, 7), sizes(70, 1), fc.boolean(), seeds, (pieces, D, state, seed) => {
        scope(() => {
          const L = pieces.reduce((a, b) => a + b);
          const c = caseOf({ ...plain, B: 1, L, D, K: 1 + (seed % 8), state, seed });
          const [whole, split] = [inPieces(c, [L]), inPieces(c, pieces)];
          expectClose(split.y, whole.y, 1e-6, 'y');
          expectIdentical(split.state, whole.state, 'state');
        });
      }),
      { numRuns: 25 },
    );
  });

  it('keeps packed documents apart: outputs, states, and what lies in the others', () => {
    fc.assert(
      fc.property(partitions(5, 9), sizes(20, 1), seeds, (documents, D, seed) => {
        scope(() => {
          const L = documents.reduce((a, b) => a + b);
          const c = caseOf({ ...plain, B: 1, L, D, K: 1 + (seed % 8), state: false, seed });
          const weight = tensor(backend, c.inputs.weight);
          const run = (x: Array64, ages?: Int32Array) =>
            causalConv1d({ x: tensor(backend, x), weight, positions: positionsOn(backend, 1, x.shape[1], ages) });
          const packed = run(c.inputs.x, agesOf(documents));
          let at = 0;
          for (const length of documents) {
            const alone = run(timeSlice(c.inputs.x, at, at + length));
            expectClose(packed.y.read().subarray(at * D, (at + length) * D), alone.y.read(), 1e-6, 'y');
            at += length;
            if (at === L) expectIdentical(packed.state.read(), alone.state.read(), 'state');
          }
          // A NaN in all documents but the last stays there.
          const last = L - (documents.at(-1) as number);
          const spoiled = array(
            c.inputs.x.shape,
            c.inputs.x.data.map((v, i) => (i < last * D ? NaN : v)),
          );
          const beside = run(spoiled, agesOf(documents));
          expectIdentical(beside.y.read().subarray(last * D), packed.y.read().subarray(last * D), 'y beside NaN');
          expectIdentical(beside.state.read(), packed.state.read(), 'state beside NaN');
        });
      }),
      { numRuns: 20 },
    );
  });

  it('gives ragged rows what they have alone, whatever the padding holds', () => {
    fc.assert(
      fc.property(setups(12, 40), (setup) => {
        scope(() => {
          const c = caseOf({ ...setup, ages: false, lengths: false });
          const { B, L, D, K } = setup;
          const lengths = randomLengths(B, L, setup.seed);
          const { weight, bias, state } = c.inputs;
          const x = array(
            [B, L, D],
            c.inputs.x.data.map((v, i) => (Math.floor(i / D) % L >= lengths[Math.floor(i / D / L)] ? NaN : v)),
          );
          const run = (x: Array64, state?: Array64, lengths?: Int32Array) =>
            causalConv1d({
              x: tensor(backend, x),
              weight: tensor(backend, weight),
              bias: bias && tensor(backend, bias),
              state: state && tensor(backend, state),
              positions: positionsOn(backend, x.shape[0], x.shape[1], undefined, lengths),
            });
          const all = run(x, state, lengths);
          const [y, last] = [all.y.read(), all.state.read()];
          for (let b = 0; b < B; b++) {
            const alone = run(timeSlice(row(x, b), 0, lengths[b]), state && row(state, b));
            const end = b * L * D + lengths[b] * D;
            expectIdentical(y.subarray(b * L * D, end), alone.y.read(), 'y');
            expect(
              y.subarray(end, (b + 1) * L * D).every((v) => v === 0),
              'padding gives zeros',
            ).toBe(true);
            expectIdentical(last.subarray(b * K * D, (b + 1) * K * D), alone.state.read(), 'state');
          }
        });
      }),
      { numRuns: 25 },
    );
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

  it('differentiates through the carried state as in one piece', () => {
    for (const [cut, K] of [
      [1, 4],
      [3, 4],
      [5, 2],
      [2, 6],
    ]) {
      const c = caseOf({ ...plain, K });
      const pieces: Case = {
        ...c,
        inputs: {
          first: timeSlice(c.inputs.x, 0, cut),
          second: timeSlice(c.inputs.x, cut, 9),
          weight: c.inputs.weight,
          state: c.inputs.state,
        },
        run({ first, second, weight, state }) {
          const one = causalConv1d({ x: first, weight, state });
          const two = causalConv1d({ x: second, weight, state: one.state });
          return [one.y, two.y, two.state];
        },
        truth({ first, second, weight, state }) {
          const one = truth.causalConv1d({ x: first, weight, state });
          const two = truth.causalConv1d({ x: second, weight, state: one.state });
          return [one.y, two.y, two.state];
        },
      };
      expectValues(backend, pieces);
      expectGradients(backend, pieces);
    }
  });

  it('gives each row of a batch what it has alone', () => {
    scope(() => {
      const c = caseOf({ ...plain, B: 3, D: 70, L: 20 });
      const { x, weight, state } = c.inputs;
      const run = (x: Array64, state: Array64) =>
        causalConv1d({ x: tensor(backend, x), weight: tensor(backend, weight), state: tensor(backend, state) });
      const all = run(x, state);
      for (let b = 0; b < 3; b++) {
        const alone = run(row(x, b), row(state, b));
        expectIdentical(all.y.read().subarray(b * 1400, (b + 1) * 1400), alone.y.read());
        expectIdentical(all.state.read().subarray(b * 280, (b + 1) * 280), alone.state.read());
      }
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
