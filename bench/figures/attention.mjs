/** Causal attention's forward as a share of the GEMM rate: q·k and p·v of every pair that a query sees. */

import { scope } from '@mamba-ts/core';
import { attention, linear } from '@mamba-ts/core/ops';
import { Random } from '@mamba-ts/core/random';
import { inTurns } from '../timing.mjs';

const [L, HEADS, P] = [2048, 4, 64];
/** A large product: (ROWS, K) by (K, K). */
const [ROWS, K] = [1024, 1024];

export async function run({ open, quick }, name) {
  const backend = await open(name, 1);
  const random = new Random(1);
  const normal = (shape) =>
    backend.tensor(
      Float32Array.from({ length: shape.reduce((n, d) => n * d) }, () => random.normal()),
      shape,
    );
  const [q, k, v] = [0, 1, 2].map(() => normal([1, L, HEADS * P]));
  const [x, weight] = [normal([ROWS, K]), normal([K, K])];
  const { ratio, spread, a, b } = await inTurns(
    () => scope(() => void attention({ q, k, v, heads: HEADS })),
    () => scope(() => void linear(x, weight)),
    { pairs: quick ? 3 : 9, seconds: 0.1 },
  );
  const flops = 2 * L * (L + 1) * HEADS * P;
  const gemmFlops = 2 * ROWS * K * K;
  const share = (one) => (one * flops) / gemmFlops;
  return [
    {
      what: `attention forward, L ${L}, ${HEADS} heads of ${P}`,
      against: `GEMM rate, ${ROWS} × ${K} × ${K}, one core`,
      unit: 'percent',
      goal: { atLeast: 0.5 },
      measured: share(ratio),
      spread: spread.map(share),
      details: { gflops: flops / a / 1e9, gemmGflops: gemmFlops / b / 1e9 },
    },
  ];
}
