import fc from 'fast-check';
import { describe, it } from 'vitest';
import { adamw } from '../../../../test/reference/adamw.ts';
import { backends } from '../../../../test/support/backends.ts';
import { expectClose } from '../../../../test/support/compare.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { adamw as adamwKernel } from '../../src/backend/kernels/optimizer.ts';
import { scope } from '../../src/tensor/scope.ts';

describe.each(backends)('the adamw kernel on $name', ({ backend }) => {
  it('takes the steps of the plain loop', () => {
    fc.assert(
      fc.property(sizes(70, 1), seeds, fc.constantFrom(1, 0.25), fc.constantFrom(0, 0.1), (n, seed, scale, decay) => {
        scope(() => {
          const random = uniforms(seed);
          const p = normal(random, [n]).data;
          const [m, v] = [new Float64Array(n), new Float64Array(n)];
          const tensors = [p, m, v].map((x) => backend.tensor(Float32Array.from(x), [n]));
          const [lr, beta1, beta2, eps] = [0.01, 0.9, 0.95, 1e-8];
          for (let step = 1; step <= 5; step++) {
            const g = normal(random, [n]).data;
            adamw(
              p,
              g.map((x) => x * scale),
              m,
              v,
              { lr, beta1, beta2, eps, decay, step },
            );
            const grad = backend.tensor(Float32Array.from(g), [n]);
            const [step1, step2] = [1 - beta1 ** step, Math.sqrt(1 - beta2 ** step)];
            const operands = { p: tensors[0], g: grad, m: tensors[1], v: tensors[2] };
            adamwKernel(backend.device, n, 16, operands, { scale, lr, beta1, beta2, eps, decay, step1, step2 });
          }
          for (const [k, want] of [p, m, v].entries()) expectClose(tensors[k].read(), want, 1e-4);
        });
      }),
      { numRuns: 20 },
    );
  });
});
