// Written by scripts/kernels.mjs from kernels/reduce.cpp.
import type { Device, Operand } from '../device.ts';

/** Units of reduce_sum. */
export function reduceUnits(device: Device, args: { K0: number; K1: number; k1: number }): number {
  return device.call('reduce_units', args.K0, args.K1, args.k1);
}

/**
 * y[k0, k1] = scale * the sum of x over the axes (R0, R1, R2). Each axis has a stride in x: k0, k1, r0, r1, r2.
 * y: contiguous (K0, K1)   range: reduce_units(K0, K1, k1), an output each, or LANES of them where k1 is 1
 */
export function reduceSum(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Operand;
    y: Operand;
  },
  numbers: {
    scale: number;
    K1: number;
    k0: number;
    k1: number;
    R0: number;
    R1: number;
    R2: number;
    r0: number;
    r1: number;
    r2: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.y.pointer;
  slots[2] = numbers.scale;
  slots[3] = numbers.K1;
  slots[4] = numbers.k0;
  slots[5] = numbers.k1;
  slots[6] = numbers.R0;
  slots[7] = numbers.R1;
  slots[8] = numbers.R2;
  slots[9] = numbers.r0;
  slots[10] = numbers.r1;
  slots[11] = numbers.r2;
  device.run(42, total, grain);
}

/** parts[i] = the sum of part i of x, or of its squares, in a fixed order. x: (n)   range: parts of `size` values */
export function sumParts(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Operand;
    parts: Operand;
  },
  numbers: {
    n: number;
    size: number;
    squares: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.parts.pointer;
  slots[2] = numbers.n;
  slots[3] = numbers.size;
  slots[4] = numbers.squares ? 1 : 0;
  device.run(43, total, grain);
}
