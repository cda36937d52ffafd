import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as truth from '../../../../test/reference/gatedNorm.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, FORWARD, GRADIENT } from '../../../../test/support/compare.ts';
import { readGolden } from '../../../../test/support/golden.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { gatedNorm, mul, sum } from '../../src/ops/index.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';

const golden = await readGolden('conv_norm');
const EPS = 1e-5;

function caseOf(rows: number, groups: number, size: number, normBeforeGate: boolean, seed: number): Case {
  const random = uniforms(seed);
  const D = groups * size;
  return {
    inputs: { x: normal(random, [rows, D]), z: normal(random, [rows, D]), weight: normal(random, [D]) },
    run: ({ x, z, weight }) => [gatedNorm({ x, z, weight, groups, normBeforeGate })],
    truth: ({ x, z, weight }) => [truth.gatedNorm({ x, z, weight }, groups, EPS, normBeforeGate)],
  };
}

describe.each(backends)('gatedNorm on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(sizes(20), sizes(4, 1), sizes(40, 1), fc.boolean(), fc.boolean(), seeds, (...args) => {
        const [rows, groups, size, before, sliced, seed] = args;
        expectValues(backend, caseOf(rows, groups, size, before, seed), { sliced });
      }),
      { numRuns: 60 },
    );
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      // The norm of one value is its sign: its gradient is rounding.
      fc.property(sizes(5), sizes(3, 1), sizes(9, 2), fc.boolean(), fc.boolean(), seeds, (...args) => {
        const [rows, groups, size, before, sliced, seed] = args;
        expectGradients(backend, caseOf(rows, groups, size, before, seed), { sliced });
      }),
      { numRuns: 30 },
    );
    for (const before of [false, true]) expectSlopes(backend, caseOf(40, 3, 37, before, 4));
  });

  it('passes NaN on', () => {
    for (const before of [false, true]) expectNaN(backend, caseOf(4, 2, 19, before, 2));
  });

  it.each([
    ['gated_after', 1, false],
    ['gated_before', 1, true],
    ['gated_groups', 2, false],
  ])('matches the official %s', async (name, groups, normBeforeGate) => {
    const get = (part: string) => golden.get(`${name}.${part}`);
    const tensor = (part: string) => backend.tensor(Float32Array.from(get(part).data), get(part).shape);
    const inputs = { x: tensor('x'), z: tensor('z'), weight: tensor('weight') };
    const run = () => gatedNorm({ ...inputs, groups, normBeforeGate });
    expectClose(run().read(), get('out').data, FORWARD, 'out');
    const { grads } = valueAndGrad(() => sum(mul(run(), tensor('weight.out'))), inputs);
    for (const part of Object.keys(inputs)) {
      expectClose(grads[part].read(), get(`grad.${part}`).data, GRADIENT, `the gradient of ${part}`);
    }
  });
});

describe('gatedNorm refuses', () => {
  const x = anyBackend.zeros([2, 6]);
  const weight = anyBackend.zeros([6]);
  it.each([
    [{ groups: 4 }, 'gatedNorm: 4 groups, expected a divisor of 6, the last axis of x.'],
    [{ z: anyBackend.zeros([2, 5]) }, 'gatedNorm: z is (2, 5), expected (2, 6), the shape of x.'],
    [{ weight: anyBackend.zeros([5]) }, 'gatedNorm: weight is (5), expected (6), the last axis of x.'],
    [{ eps: -1 }, 'gatedNorm: eps is -1, expected a number ≥ 0.'],
  ])('%j', (wrong, message) => {
    expect(() => gatedNorm({ x, z: x, weight, ...wrong })).toThrow(message);
  });
});
