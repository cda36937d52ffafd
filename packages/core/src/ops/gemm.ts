/** Matrix products on the device: packs the right matrix, then multiplies rows of the left. */
import { gemm, gemmPack, gemmPanel, STRIP } from '../backend/kernels/gemm.ts';
import { gemv } from '../backend/kernels/gemv.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Rows of the left matrix up to which reading the weights row by row (gemv) beats packing them. */
const GEMV_ROWS = 8;
/** Multiply-adds below which a second thread costs more than it saves. */
const SMALL = 1 << 15;

export interface Matrix {
  readonly tensor: Tensor;
  /** Swap rows and columns while reading. Default: false. */
  readonly transposed?: boolean;
}

/**
 * c = a b, plus bias, or added to what c holds.
 * a: (M, K), b: (K, N), c: (M, N) after their transpositions; leading axes count as rows. bias: (N)
 */
export function multiply(
  a: Matrix,
  b: Matrix,
  c: Tensor,
  { bias, accumulate = false }: { bias?: Tensor; accumulate?: boolean } = {},
): void {
  const { device } = c.backend;
  const M = c.rows;
  const N = c.width;
  const K = b.transposed ? b.tensor.width : b.tensor.rows;
  if (M === 0 || N === 0) return;
  if (M <= GEMV_ROWS && b.transposed && !a.transposed && !accumulate && b.tensor.isContiguous) {
    const grain = Math.max(16, Math.ceil(SMALL / Math.max(1, M * K)));
    gemv(device, N, grain, { w: b.tensor, x: a.tensor, bias, y: c }, { M, K });
    return;
  }
  const width = gemmPanel(device);
  const panels = Math.ceil(N / width);
  const packed = c.backend.empty([panels * width * K]);
  const packGrain = Math.max(1, Math.ceil(SMALL / Math.max(1, width * K)));
  gemmPack(device, panels, packGrain, { b: b.tensor, packed }, { K, N, transposed: b.transposed ?? false });
  const grain = STRIP * Math.max(1, Math.ceil(SMALL / Math.max(1, STRIP * N * K)));
  gemm(device, M, grain, { a: a.tensor, packed, bias, c }, { N, K, transposed: a.transposed ?? false, accumulate });
  packed.dispose();
}
