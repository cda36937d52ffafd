/** The speed of a backend, measured through the same calls as the models make. */
import { PROBE_BLOCK, probeFlops, probeFma, probeRead } from '../backend/kernels/probe.ts';
import { multiply } from '../ops/gemm.ts';
import { scope } from '../tensor/scope.ts';
import type { Backend } from '../tensor/tensor.ts';

/** The speed of a backend. */
export interface Measured {
  /** Multiply-adds in registers, in GFLOP/s: the bound of every kernel. */
  gflops: number;
  /** A matrix product of 1024 × 768 by 768 × 768, in GFLOP/s. */
  gemmGflops: number;
  /** A plain read of 256 MB, in GB/s. */
  gigabytes: number;
}

const [M, N, K] = [1024, 768, 768];

/** Measures a backend on all its threads. Takes about half a second and 260 MB. */
export function measureDevice(backend: Backend): Measured {
  const { device } = backend;
  return scope(() => {
    const sink = backend.full([4096], 1);
    const steps = 4096;
    const repetitions = 256;
    const fma = best(() => probeFma(device, repetitions, 1, { sink }, { steps }));
    const size = 64 << 20;
    const data = backend.full([size], 1);
    const read = best(() => probeRead(device, size / PROBE_BLOCK, 64, { x: data, sink }));
    const [a, b, c] = [backend.full([M, K], 1), backend.full([N, K], 1), backend.empty([M, N])];
    const gemm = best(() => multiply({ tensor: a }, { tensor: b, transposed: true }, c));
    return {
      gflops: (probeFlops(device) * steps * repetitions) / fma / 1e9,
      gemmGflops: (2 * M * N * K) / gemm / 1e9,
      gigabytes: (4 * size) / read / 1e9,
    };
  });
}

/** The shortest of four runs, in seconds, after one that is not counted. */
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
