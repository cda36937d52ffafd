/** What a backend can do, measured through the same calls as the models. */
import { multiply } from '../ops/gemm.ts';
import type { Backend } from '../tensor/backend.ts';
import { scope } from '../tensor/scope.ts';

export interface Measured {
  /** Multiply-adds as fast as registers allow, in GFLOP/s. */
  gflops: number;
  /** A matrix product of 1024 × 768 by 768 × 768, in GFLOP/s. */
  gemmGflops: number;
  /** A plain read of 256 MB, in GB/s. */
  gigabytes: number;
}

const [M, N, K] = [1024, 768, 768];

/** About half a second, on all threads. */
export function measureDevice(backend: Backend): Measured {
  const { device } = backend;
  return scope(() => {
    const sink = backend.full([4096], 1);
    const steps = 4096;
    const repetitions = 256;
    const fma = best(() => device.run('probe_fma', repetitions, 1, sink.pointer, steps));
    const size = 64 << 20;
    const data = backend.full([size], 1);
    const read = best(() => device.run('probe_read', size / 2048, 64, data.pointer, sink.pointer));
    const [a, b, c] = [backend.full([M, K], 1), backend.full([N, K], 1), backend.empty([M, N])];
    const gemm = best(() => multiply({ tensor: a }, { tensor: b, transposed: true }, c));
    return {
      gflops: (2 * device.probeChains * device.lanes * steps * repetitions) / fma / 1e9,
      gemmGflops: (2 * M * N * K) / gemm / 1e9,
      gigabytes: (4 * size) / read / 1e9,
    };
  });
}

/** The shortest of several runs, in seconds, after one that is not counted. */
function best(run: () => void): number {
  run();
  let least = Infinity;
  for (let i = 0; i < 4; i++) {
    const begun = performance.now();
    run();
    least = Math.min(least, performance.now() - begun);
  }
  return least / 1000;
}
