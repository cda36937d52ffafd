// Written by scripts/kernels.mjs from kernels/gemv.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** y = x Wᵀ + bias. w: (N, K), contiguous   x: (M, K)   y: (M, N)   bias: (N)   range: N */
export function gemv(
  device: Device,
  total: number,
  grain: number,
  operands: {
    w: Operand;
    x: Rows;
    bias: Operand | undefined;
    y: Rows;
  },
  numbers: {
    M: number;
    K: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.w.pointer;
  slots[1] = operands.x.pointer;
  slots[2] = operands.bias?.pointer ?? 0;
  slots[3] = operands.y.pointer;
  slots[4] = numbers.M;
  slots[5] = numbers.K;
  slots[6] = operands.x.rowStride;
  slots[7] = operands.y.rowStride;
  device.run(18, total, grain);
}
