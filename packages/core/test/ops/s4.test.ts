import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/s4.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { plain, type Setup, setups } from '../../../../test/support/modes.ts';
import { agesOf, partitions, randomAges, randomLengths, timeSlice } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { positionsOn, s4Modes, s4Scan } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** From the parameters on: the modes and the scan in one. */
function caseOf({ B, L, H, M, seed, ...has }: Setup): Case {
  const random = uniforms(seed);
  const ages = has.ages ? randomAges(B, L, seed) : undefined;
  const lengths = has.lengths ? randomLengths(B, L, seed) : undefined;
  return {
    inputs: {
      u: normal(random, [B, L, H]),
      C: normal(random, [H, M, 2], 0.7),
      B: normal(random, [H, M, 2]),
      P: normal(random, [H, M, 2]),
      logDt: uniform(random, [H], Math.log(1e-3), Math.log(0.3)),
      logAReal: uniform(random, [H, M], Math.log(0.05), Math.log(3)),
      AImag: uniform(random, [H, M], -10, 30),
      ...(has.skip && { D: normal(random, [H]) }),
      ...(has.state && { state: normal(random, [B, 2, M, H]) }),
    },
    run(inputs, backend) {
      const { u, D, state, ...parameters } = inputs;
      const modes = s4Modes(parameters as never);
      const result = s4Scan({ u, modes, D, positions: positionsOn(backend, B, L, ages, lengths) }, state);
      return [result.y, result.state];
    },
    truth(inputs) {
      const { y, state } = truth.s4Scan({ ...inputs, ages, lengths } as never);
      return [y, state];
    },
  };
}

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);

describe.each(backends)('s4 on $name', ({ backend }) => {
  it('equals the dense matrix by the bilinear rule, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(40, 20, 4), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced, tolerance: 5e-5 });
      }),
      { numRuns: 30 },
    );
    expectValues(backend, caseOf({ ...plain, L: 70, H: 67, M: 5 }), { tolerance: 5e-5 });
  });

  it('has the gradients that differences have, also over chunks of time and blocks of channels', () => {
    fc.assert(
      fc.property(setups(5, 2, 3), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf({ ...setup, B: Math.min(setup.B, 2) }), { sliced, tolerance: 2e-4 });
      }),
      { numRuns: 15 },
    );
    expectGradients(backend, caseOf({ ...plain, L: 35, H: 1, M: 2, ages: true, lengths: true }), { tolerance: 2e-4 });
    expectSlopes(backend, caseOf({ ...plain, L: 35, H: 67, M: 2 }));
  });

  it('gives the same bits for any split of time, and for documents in a pack', () => {
    fc.assert(
      fc.property(partitions(5, 40), sizes(70, 1), sizes(6, 1), seeds, (pieces, H, M, seed) => {
        scope(() => {
          const L = pieces.reduce((a, b) => a + b);
          const { u, D, ...rest } = caseOf({ ...plain, B: 1, L, H, M, state: false, seed }).inputs;
          const parameters = Object.fromEntries(Object.entries(rest).map(([name, x]) => [name, tensor(backend, x)]));
          const given = { modes: s4Modes(parameters as never), D: tensor(backend, D) };
          const whole = s4Scan({ u: tensor(backend, u), ...given });
          const packed = s4Scan({
            u: tensor(backend, u),
            ...given,
            positions: positionsOn(backend, 1, L, agesOf(pieces)),
          });
          let state: Tensor | undefined;
          let at = 0;
          for (const length of pieces) {
            const piece = tensor(backend, timeSlice(u, at, at + length));
            const [part, alone] = [s4Scan({ u: piece, ...given }, state), s4Scan({ u: piece, ...given })];
            const rows = (x: Tensor) => x.read().subarray(at * H, (at + length) * H);
            expectIdentical(part.y.read(), rows(whole.y), 'y');
            expectIdentical(rows(packed.y), alone.y.read(), 'y of a document');
            state = part.state;
            at += length;
            if (at === L) expectIdentical(packed.state.read(), alone.state.read(), 'state of the last document');
          }
          expectIdentical(state!.read(), whole.state.read(), 'state');
        });
      }),
      { numRuns: 10 },
    );
  });

  it('gives ragged rows zeros for padding, whatever it holds', () => {
    scope(() => {
      const { u, D, state, ...rest } = caseOf({ ...plain, L: 6, H: 19 }).inputs;
      const parameters = Object.fromEntries(Object.entries(rest).map(([name, x]) => [name, tensor(backend, x)]));
      const given = { modes: s4Modes(parameters as never), D: tensor(backend, D) };
      const spoiled = array(
        u.shape,
        u.data.map((v, i) => (i >= (6 + 4) * 19 ? NaN : v)),
      );
      const positions = positionsOn(backend, 2, 6, undefined, Int32Array.of(6, 4));
      const got = s4Scan({ u: tensor(backend, spoiled), ...given, positions }, tensor(backend, state));
      const want = s4Scan({ u: tensor(backend, timeSlice(u, 0, 4)), ...given }, tensor(backend, state));
      expectIdentical(got.y.read().subarray(6 * 19, 10 * 19), want.y.read().subarray(4 * 19), 'y');
      expect([...got.y.read().subarray(10 * 19)].every((v) => v === 0)).toBe(true);
      const size = 2 * 3 * 19;
      expectIdentical(got.state.read().subarray(size), want.state.read().subarray(size), 'state');
    });
  });
});

describe('s4 refuses', () => {
  const { backend } = backends[0];
  const zeros = (...shape: number[]) => backend.tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);

  it('misshapen parameters and states', () => {
    const given = { C: zeros(4, 3, 2), B: zeros(4, 3, 2), P: zeros(4, 3, 2), logDt: zeros(4) };
    const all = { ...given, logAReal: zeros(4, 3), AImag: zeros(4, 3) };
    expect(() => s4Modes({ ...all, P: zeros(3, 2) })).toThrow('s4: kernel.P is (3, 2), expected (4, 3, 2)');
    expect(() => s4Modes({ ...all, C: zeros(4, 3) })).toThrow('s4: kernel.C is (4, 3), expected (H, N/2, 2)');
    expect(() => s4Scan({ u: zeros(2, 5, 4), modes: s4Modes(all) }, zeros(2, 3, 4))).toThrow(
      's4: state is (2, 3, 4), expected (2, 2, 3, 4)',
    );
  });
});
