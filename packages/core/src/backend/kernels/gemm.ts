// Written by scripts/kernels.mjs from kernels/gemm.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Rows of A in one strip: a multiple of TILE. */
export const STRIP = 12;

/** Columns of one panel. */
export function gemmPanel(device: Device): number {
  return device.call('gemm_panel');
}

/**
 * Packs B into panels, with zeros beyond the last column.
 * b: (K, N), or (N, K) if transposed   packed: panels of (K, gemm_panel())   range: ceil(N / gemm_panel())
 */
export function gemmPack(
  device: Device,
  total: number,
  grain: number,
  operands: {
    b: Rows;
    packed: Operand;
  },
  numbers: {
    K: number;
    N: number;
    transposed: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.b.pointer;
  slots[1] = operands.packed.pointer;
  slots[2] = numbers.K;
  slots[3] = numbers.N;
  slots[4] = operands.b.rowStride;
  slots[5] = numbers.transposed ? 1 : 0;
  device.run(16, total, grain);
}

/**
 * c = a b + bias, or with `accumulate` c += a b + bias. c: (M, N)   a: (M, K), or (K, M) if transposed
 * packed: b, by gemm_pack   bias: (N)   range: M, the rows of c
 */
export function gemm(
  device: Device,
  total: number,
  grain: number,
  operands: {
    a: Rows;
    packed: Operand;
    bias: Operand | undefined;
    c: Rows;
  },
  numbers: {
    N: number;
    K: number;
    transposed: boolean;
    accumulate: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.a.pointer;
  slots[1] = operands.packed.pointer;
  slots[2] = operands.bias?.pointer ?? 0;
  slots[3] = operands.c.pointer;
  slots[4] = numbers.N;
  slots[5] = numbers.K;
  slots[6] = operands.a.rowStride;
  slots[7] = operands.c.rowStride;
  slots[8] = numbers.transposed ? 1 : 0;
  slots[9] = numbers.accumulate ? 1 : 0;
  device.run(17, total, grain);
}
