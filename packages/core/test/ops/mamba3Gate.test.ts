/** The operations around Mamba-3's scan: its step sizes, and the gate that sums over the ranks. */
import { describe, it } from 'vitest';
import { array } from '../../../../test/reference/array.ts';
import { silu, softplus } from '../../../../test/reference/elementwise.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectValues } from '../../../../test/support/case.ts';
import { normal, uniforms } from '../../../../test/support/random.ts';
import { mamba3Steps } from '../../src/ops/mamba3Steps.ts';
import { rankGate } from '../../src/ops/rankGate.ts';

describe.each(backends)('on $name', ({ backend }) => {
  it.each([
    [0, false],
    [0, true],
    [1, true],
    [3, true],
  ])('gates and joins ranks, and has the slopes of it: rank %i, z %s', (rank, gated) => {
    const [B, L, H, P, R] = [2, 5, 3, 7, Math.max(1, rank)];
    const random = uniforms(4);
    const inputs = {
      y: normal(random, [B, L, H, R, P]),
      ...(gated && { z: normal(random, [B, L, H * P]) }),
      ...(rank > 0 && { mimoZ: normal(random, [H, R, P]), mimoO: normal(random, [H, R, P]) }),
    };
    const c: Case = {
      inputs,
      run: (given) => [rankGate(given as unknown as Parameters<typeof rankGate>[0])],
      truth({ y, z, mimoZ, mimoO }) {
        const out = array([B, L, H * P]);
        y.data.forEach((value, i) => {
          const p = i % P;
          const [at, k] = [i % (H * R * P), Math.floor(i / P / R) * P + p];
          const raw = (z?.data[k] ?? 0) * (mimoZ?.data[at] ?? 1);
          out.data[k] += value * (z ? silu(raw) : 1) * (mimoO?.data[at] ?? 1);
        });
        return [out];
      },
    };
    for (const sliced of [false, true]) expectGradients(backend, c, { sliced });
  });

  it('has the official steps and decays', () => {
    const random = uniforms(6);
    const c: Case = {
      inputs: {
        dt: normal(random, [2, 5, 3]),
        a: array([2, 5, 3], [-3, -1, -0.2, 0.3, 1, 4, -20, -9, 9, ...normal(random, [21], 3).data]),
        dtBias: normal(random, [3]),
      },
      run(given) {
        const { DT, ADT } = mamba3Steps({ ...(given as unknown as Parameters<typeof mamba3Steps>[0]), floor: 0.2 });
        return [DT, ADT];
      },
      truth({ dt, a, dtBias }) {
        const DT = array(
          dt.shape,
          dt.data.map((value, i) => softplus(value + dtBias.data[i % 3])),
        );
        const A = a.data.map((value) => Math.min(value >= 0 ? -(1 + value) : -1 / (1 - value), -0.2));
        return [
          DT,
          array(
            dt.shape,
            A.map((value, i) => value * DT.data[i]),
          ),
        ];
      },
    };
    for (const sliced of [false, true]) {
      expectValues(backend, c, { sliced });
      expectGradients(backend, c, { sliced });
    }
  });
});
