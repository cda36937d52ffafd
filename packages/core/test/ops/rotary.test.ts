import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as truth from '../../../../test/reference/attention.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectValues } from '../../../../test/support/case.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { rotary } from '../../src/ops/index.ts';
import { scope } from '../../src/tensor/scope.ts';

const setups = fc.record({
  B: sizes(3),
  L: sizes(12),
  heads: sizes(3, 1),
  half: sizes(20, 0),
  rest: sizes(5, 0),
  theta: fc.constantFrom(10, 10_000),
  interleaved: fc.boolean(),
  far: fc.constantFrom(0, 3, 100_000),
  seed: seeds,
});
type Setup = typeof setups extends fc.Arbitrary<infer T> ? T : never;

function caseOf({ B, L, heads, half, rest, theta, interleaved, far, seed }: Setup): Case {
  const P = Math.max(1, 2 * half + rest);
  const starts = Array.from({ length: B }, (_, b) => far + 2 * b);
  const options = { dims: 2 * half, theta, interleaved };
  return {
    inputs: { x: normal(uniforms(seed), [B, L, heads * P]) },
    run: ({ x }) => [rotary(x, { heads, starts, ...options })],
    truth: ({ x }) => [truth.rotary(x, heads, starts, options)],
  };
}

describe.each(backends)('rotary on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups, fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 60 },
    );
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(setups, fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf({ ...setup, L: Math.min(setup.L, 3), half: Math.min(setup.half, 4) }), {
          sliced,
        });
      }),
      { numRuns: 20 },
    );
  });

  it('makes products depend on distance alone', () => {
    scope(() => {
      const [q, k] = [1, 2].map((seed) =>
        backend.tensor(Float32Array.from(normal(uniforms(seed), [1, 1, 32]).data), [1, 1, 32]),
      );
      const at = (start: number, x: typeof q) => rotary(x, { heads: 1, starts: [start] }).read();
      const dot = (a: Float32Array, b: Float32Array) => a.reduce((total, value, i) => total + value * b[i], 0);
      const want = dot(at(7, q), at(2, k));
      for (const far of [10, 1000, 65_536]) expectClose([dot(at(7 + far, q), at(2 + far, k))], [want], 1e-5, `${far}`);
    });
  });
});

it.each([
  [{ heads: 5 }, 'rotary: 5 heads, expected a divisor of 24, the channels of x.'],
  [{ dims: 3 }, 'rotary: dims is 3, expected an even number up to 6, the channels of a head.'],
  [{ dims: 8 }, 'rotary: dims is 8, expected an even number up to 6'],
  [{ theta: 0 }, 'rotary: theta is 0, expected a number above 0.'],
  [{ starts: [1] }, 'rotary: starts are 1, expected 2 whole numbers ≥ 0, one for each row.'],
  [{ starts: [1, -1] }, 'rotary: starts are 1, -1, expected 2 whole numbers ≥ 0, one for each row.'],
])('rotary refuses %j', (wrong, message) => {
  expect(() => rotary(anyBackend.zeros([2, 3, 24]), { heads: 4, starts: [0, 0], ...wrong })).toThrow(message);
});
