import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as truth from '../../../../test/reference/norm.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, FORWARD, GRADIENT } from '../../../../test/support/compare.ts';
import { readGolden } from '../../../../test/support/golden.ts';
import { normal, seeds, shapes, uniforms } from '../../../../test/support/random.ts';
import { add, layerNorm, mul, norm, rmsNorm, sum } from '../../src/ops/index.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';

interface Parts {
  residual: boolean;
  bias: boolean;
  centred: boolean;
}

function caseOf(shape: readonly number[], { residual, bias, centred }: Parts, seed: number, eps = 1e-5): Case {
  const random = uniforms(seed);
  const D = shape.at(-1) as number;
  return {
    inputs: {
      x: normal(random, shape, 1, 0.5),
      weight: normal(random, [D]),
      ...(residual && { residual: normal(random, shape) }),
      ...(bias && { bias: normal(random, [D]) }),
    },
    run({ x, weight, residual, bias }) {
      const { y, sum } = norm(x, weight, { residual, bias, eps, centred });
      return residual ? [y, sum] : [y];
    },
    truth({ x, weight, residual, bias }) {
      const { y, sum } = truth.norm({ x, weight, residual, bias }, eps, centred);
      return residual ? [y, sum] : [y];
    },
  };
}

const parts = fc.record({ residual: fc.boolean(), bias: fc.boolean(), centred: fc.boolean() });
const golden = await readGolden('conv_norm');

describe.each(backends)('norm on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(shapes(1, 3), parts, seeds, fc.boolean(), (shape, parts, seed, sliced) => {
        expectValues(backend, caseOf(shape, parts, seed, 1e-3), { sliced });
      }),
      { numRuns: 60 },
    );
    expectValues(backend, caseOf([50, 301], { residual: true, bias: true, centred: true }, 1));
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(shapes(1, 3, 9, 3), parts, seeds, fc.boolean(), (shape, parts, seed, sliced) => {
        expectGradients(backend, caseOf(shape, parts, seed, 0.1), { sliced });
      }),
      { numRuns: 20 },
    );
    for (const centred of [false, true]) {
      expectSlopes(backend, caseOf([41, 70], { residual: true, bias: true, centred }, 1));
    }
  });

  it('differentiates the sum alone, and x that is its own residual', () => {
    const random = uniforms(4);
    const inputs = { x: normal(random, [3, 5]), weight: normal(random, [5]) };
    expectGradients(backend, {
      inputs,
      run: ({ x, weight }) => [norm(x, weight, { residual: x }).sum],
      truth: ({ x, weight }) => [truth.norm({ x, weight, residual: x }, 1e-5, false).sum],
    });
    expectGradients(backend, {
      inputs,
      run: ({ x, weight }) => [norm(x, weight, { residual: x }).y],
      truth: ({ x, weight }) => [truth.norm({ x, weight, residual: x }, 1e-5, false).y],
    });
  });

  it('is rmsNorm and layerNorm', () => {
    const random = uniforms(4);
    const inputs = { x: normal(random, [3, 5]), weight: normal(random, [5]), bias: normal(random, [5]) };
    expectValues(backend, {
      inputs,
      run: ({ x, weight, bias }) => [rmsNorm(x, weight), rmsNorm(x, weight, 0.5), layerNorm(x, weight, bias, 0.25)],
      truth: ({ x, weight, bias }) => [
        truth.norm({ x, weight }, 1e-5, false).y,
        truth.norm({ x, weight }, 0.5, false).y,
        truth.norm({ x, weight, bias }, 0.25, true).y,
      ],
    });
  });

  it('does not overflow or cancel where the row is far from zero', () => {
    const random = uniforms(4);
    const inputs = { x: normal(random, [4, 33], 1, 1000), weight: normal(random, [33]) };
    expectValues(
      backend,
      {
        inputs,
        run: ({ x, weight }) => [layerNorm(x, weight)],
        truth: ({ x, weight }) => [truth.norm({ x, weight }, 1e-5, true).y],
      },
      { tolerance: 1e-4 },
    );
  });

  it('passes NaN on', () => {
    expectNaN(backend, caseOf([3, 19], { residual: true, bias: true, centred: true }, 1));
    expectNaN(backend, caseOf([3, 19], { residual: true, bias: true, centred: false }, 1));
  });

  it('matches the official RMSNorm', () => {
    scope(() => {
      const tensor = (name: string) => {
        const { shape, data } = golden.get(`rms.${name}`);
        return backend.tensor(Float32Array.from(data), shape);
      };
      const parameters = { x: tensor('x'), weight: tensor('weight') };
      const run = () => rmsNorm(parameters.x, parameters.weight, Number(golden.metadata.eps));
      expectClose(run().read(), golden.get('rms.out').data, FORWARD, 'out');
      const { grads } = valueAndGrad(() => sum(mul(run(), tensor('weight.out'))), parameters);
      for (const name of ['x', 'weight']) {
        expectClose(grads[name].read(), golden.get(`rms.grad.${name}`).data, GRADIENT, `the gradient of ${name}`);
      }
    });
  });

  it('returns x as the sum, without a copy, where there is no residual', () => {
    scope(() => {
      const x = backend.tensor([1, 2], [1, 2]);
      const weight = backend.tensor([1, 1], [2]);
      expect(norm(x, weight).sum).toBe(x);
      const { grads } = valueAndGrad(
        () => {
          const { y, sum: total } = norm(x, weight);
          return add(sum(y), sum(total));
        },
        { x },
      );
      const plain = valueAndGrad(() => sum(rmsNorm(x, weight)), { x }).grads.x.read();
      expectClose(
        grads.x.read(),
        plain.map((g) => g + 1),
        GRADIENT,
      );
    });
  });
});
