import { describe, it } from 'vitest';
import { nativeBackend } from '../../../../test/support/backends.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { randomAges } from '../../../../test/support/positions.ts';
import { normal, uniform, uniforms } from '../../../../test/support/random.ts';
import * as ops from '../../src/ops/index.ts';
import { type Backend, openBackend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

type Results = Map<string, Float32Array>;

/** Shapes large enough that each kernel is divided among threads, and odd, so that the parts are not equal. */
const inputs = (() => {
  const random = uniforms(11);
  const data = (shape: number[], scale = 1) => ({ shape, data: Float32Array.from(normal(random, shape, scale).data) });
  const [B, L, D, N] = [3, 70, 203, 16];
  return {
    long: data([50_021]),
    rows: data([B, L, D]),
    rows2: data([B, L, D]),
    delta: data([B, L, D]),
    column: data([L, 1]),
    weight: data([131, D], 0.1),
    bias: data([131]),
    norm: data([D]),
    conv: data([D, 1, 4]),
    A: { shape: [D, N], data: Float32Array.from(uniform(random, [D, N], -2, -0.1).data) },
    B: data([B, L, N]),
    C: data([B, L, N]),
    few: data([5, 1000]),
    wide: data([701, 1000], 0.1),
    table: data([57, D]),
    s4dC: data([D * 18]),
    s4dP: data([D * 18]),
    s4dA: data([D * 9]),
    s4dB: data([D * 9], 5),
    bias203: data([D]),
  };
})();
const ages = randomAges(3, 70, 5);
const targets = Int32Array.from({ length: 210 }, (_, i) => (i % 7 ? (i * 37) % 203 : -1));
const ids = Int32Array.from({ length: 700 }, (_, i) => (i * 37) % 57);

/** Every operation, forward and backward. */
function runAll(backend: Backend): Results {
  return scope(() => {
    const t = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape }]) => [name, backend.tensor(data, shape)]),
    ) as Record<keyof typeof inputs, Tensor>;
    const results: Results = new Map();
    const run = (name: string, f: () => Tensor, parameters: Record<string, Tensor>) => {
      results.set(name, f().read());
      const { value, grads } = valueAndGrad(() => ops.sum(ops.silu(f())), parameters);
      results.set(`${name}: value`, value.read());
      for (const [key, grad] of Object.entries(grads)) results.set(`${name}: gradient of ${key}`, grad.read());
    };
    run('silu', () => ops.silu(t.long), { long: t.long });
    run('softplus', () => ops.softplus(t.long), { long: t.long });
    run('mul', () => ops.mul(t.rows, t.column), { rows: t.rows, column: t.column });
    run('div', () => ops.div(t.rows, ops.exp(t.rows2)), { rows: t.rows, rows2: t.rows2 });
    run('sum', () => ops.sum(t.long), { long: t.long });
    run('mean of axis 0', () => ops.mean(t.rows, [0]), { rows: t.rows });
    run('mean of axis 1', () => ops.mean(t.rows, [1]), { rows: t.rows });
    run('mean of axis 2', () => ops.mean(t.rows, [2]), { rows: t.rows });
    run('linear', () => ops.linear(t.rows, t.weight, t.bias), { rows: t.rows, weight: t.weight, bias: t.bias });
    run('linear of few rows', () => ops.linear(t.few, t.wide), { few: t.few, wide: t.wide });
    run('rmsNorm', () => ops.norm(t.rows, t.norm, { residual: t.rows2 }).y, {
      rows: t.rows,
      rows2: t.rows2,
      norm: t.norm,
    });
    run('layerNorm', () => ops.layerNorm(t.rows, t.norm, t.norm), { rows: t.rows, norm: t.norm });
    run('softmax', () => ops.softmax(t.rows), { rows: t.rows });
    run('crossEntropy', () => ops.crossEntropy(t.rows, targets), { rows: t.rows });
    run('embedding', () => ops.embedding(t.table, backend.ints(ids, [700])), { table: t.table });
    run('transposeLast', () => ops.transposeLast(t.rows), { rows: t.rows });
    run('split', () => ops.mul(...(ops.split(t.few, 2) as [Tensor, Tensor])), { few: t.few });
    const positions = ops.positionsOn(backend, 3, 70, ages, Int32Array.of(70, 41, 0));
    run('causalConv1d', () => ops.causalConv1d({ x: t.rows, weight: t.conv, bias: t.norm, positions }).y, {
      rows: t.rows,
      conv: t.conv,
      norm: t.norm,
    });
    const scanned = { u: t.rows, delta: t.delta, A: t.A, B: t.B, C: t.C, D: t.norm, z: t.rows2, deltaBias: t.norm };
    const scan = () => ops.selectiveScan({ ...scanned, deltaSoftplus: true, positions });
    run('selectiveScan', () => scan().out, scanned);
    run('the state of selectiveScan', () => scan().lastState, scanned);
    const [H, M] = [203, 9];
    const s4d = {
      u: t.rows,
      C: ops.reshape(t.s4dC, [H, M, 2]),
      logDt: ops.sub(t.norm, backend.full([], 4)),
      logAReal: ops.reshape(t.s4dA, [H, M]),
      AImag: ops.reshape(t.s4dB, [H, M]),
      D: t.bias203,
    };
    const diagonal = () => ops.s4dScan({ u: s4d.u, modes: ops.s4dModes(s4d), D: s4d.D, positions });
    run('s4dScan', () => diagonal().y, s4d);
    run('the state of s4dScan', () => diagonal().state, s4d);
    const s4 = { ...s4d, B: ops.reshape(t.s4dC, [H, M, 2]), P: ops.reshape(t.s4dP, [H, M, 2]) };
    const coupled = () => ops.s4Scan({ u: s4.u, modes: ops.s4Modes(s4), D: s4.D, positions });
    run('s4Scan', () => coupled().y, s4);
    run('the state of s4Scan', () => coupled().state, s4);
    return results;
  });
}

function expectSame(got: Results, want: Results): void {
  for (const [name, values] of want) expectIdentical(got.get(name) as Float32Array, values, name);
}

async function withBackend<T>(name: 'wasm' | 'native', threads: number, f: (backend: Backend) => T): Promise<T> {
  const backend = await openBackend(name, { threads });
  try {
    return f(backend);
  } finally {
    backend.dispose();
  }
}

const names = nativeBackend ? (['wasm', 'native'] as const) : (['wasm'] as const);

describe.each(names)('results on %s', (name) => {
  it('are the same bits in every run, and for 1, 2 and 3 threads', async () => {
    const want = await withBackend(name, 1, (backend) => {
      const first = runAll(backend);
      expectSame(runAll(backend), first);
      return first;
    });
    for (const threads of [2, 3]) {
      await withBackend(name, threads, (backend) => {
        for (let round = 0; round < 3; round++) expectSame(runAll(backend), want);
      });
    }
  });
});

describe.skipIf(!nativeBackend)('results on both', () => {
  it('are close to each other', async () => {
    const [wasm, native] = [await withBackend('wasm', 1, runAll), await withBackend('native', 1, runAll)];
    for (const [name, values] of wasm) {
      const got = native.get(name) as Float32Array;
      expectClose(got, values, name.includes('gradient') ? 1e-4 : 2e-5, name);
    }
  });
});
