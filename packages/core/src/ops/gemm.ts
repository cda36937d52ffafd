/** Matrix products on the device: packs the right matrix, then multiplies rows of the left. */
import type { Tensor } from '../tensor/tensor.ts';

/** Rows of the left matrix up to which streaming the weights row by row (gemv) beats packing them. */
const GEMV_ROWS = 8;
/** Threads take rows of C in multiples of this, a multiple of every micro-kernel's height. */
const ROW_GRAIN = 12;
/** Multiply-adds below which a second thread costs more than it saves. */
const SMALL = 1 << 15;

export interface Matrix {
  readonly tensor: Tensor;
  /** Swap rows and columns while reading. */
  readonly transposed?: boolean;
}

/**
 * c = a b, plus bias, or added to what c holds.
 * a: (M, K), b: (K, N), c: (M, N) after their transpositions; leading axes count as rows.
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
    device.run(
      'gemv',
      N,
      grain,
      b.tensor.pointer,
      a.tensor.pointer,
      bias?.pointer ?? 0,
      c.pointer,
      M,
      N,
      K,
      a.tensor.rowStride,
      c.rowStride,
    );
    return;
  }
  const panels = Math.ceil(N / device.panel);
  const packed = c.backend.empty([panels * device.panel * K]);
  const packGrain = Math.max(1, Math.ceil(SMALL / Math.max(1, device.panel * K)));
  device.run(
    'gemm_pack',
    panels,
    packGrain,
    b.tensor.pointer,
    packed.pointer,
    K,
    N,
    b.tensor.rowStride,
    Number(b.transposed ?? false),
  );
  const grain = ROW_GRAIN * Math.max(1, Math.ceil(SMALL / Math.max(1, ROW_GRAIN * N * K)));
  device.run(
    'gemm',
    M,
    grain,
    a.tensor.pointer,
    packed.pointer,
    bias?.pointer ?? 0,
    c.pointer,
    M,
    N,
    K,
    a.tensor.rowStride,
    c.rowStride,
    Number(a.transposed ?? false),
    Number(accumulate),
  );
  packed.dispose();
}
