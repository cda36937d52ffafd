// Written by scripts/kernels.mjs from kernels/conv.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Channels of one unit. */
export const CONV_BLOCK = 64;

/** The longest filter. */
export const CONV_TAPS = 8;

/**
 * y and the last K inputs of each row, from x and the last K inputs before it. last_state: (B, K, D)
 * range: B * ceil(D / CONV_BLOCK)
 */
export function convForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    weight: Operand;
    bias: Operand | undefined;
    state: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    y: Rows;
    lastState: Operand | undefined;
  },
  numbers: {
    L: number;
    D: number;
    K: number;
    siluAfter: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.weight.pointer;
  slots[2] = operands.bias?.pointer ?? 0;
  slots[3] = operands.state?.pointer ?? 0;
  slots[4] = operands.age?.pointer ?? 0;
  slots[5] = operands.lengths?.pointer ?? 0;
  slots[6] = operands.y.pointer;
  slots[7] = operands.lastState?.pointer ?? 0;
  slots[8] = numbers.L;
  slots[9] = numbers.D;
  slots[10] = numbers.K;
  slots[11] = operands.x.rowStride;
  slots[12] = operands.y.rowStride;
  slots[13] = numbers.siluAfter ? 1 : 0;
  device.run(8, total, grain);
}

/** dweight: (B, D, K), dbias: (B, D): the caller sums over B. range: B * ceil(D / CONV_BLOCK) */
export function convBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    weight: Operand;
    bias: Operand | undefined;
    state: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    dy: Rows;
    dlast: Operand | undefined;
    dx: Rows;
    dweight: Operand;
    dbias: Operand | undefined;
    dstate: Operand | undefined;
  },
  numbers: {
    L: number;
    D: number;
    K: number;
    siluAfter: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.weight.pointer;
  slots[2] = operands.bias?.pointer ?? 0;
  slots[3] = operands.state?.pointer ?? 0;
  slots[4] = operands.age?.pointer ?? 0;
  slots[5] = operands.lengths?.pointer ?? 0;
  slots[6] = operands.dy.pointer;
  slots[7] = operands.dlast?.pointer ?? 0;
  slots[8] = operands.dx.pointer;
  slots[9] = operands.dweight.pointer;
  slots[10] = operands.dbias?.pointer ?? 0;
  slots[11] = operands.dstate?.pointer ?? 0;
  slots[12] = numbers.L;
  slots[13] = numbers.D;
  slots[14] = numbers.K;
  slots[15] = operands.x.rowStride;
  slots[16] = operands.dy.rowStride;
  slots[17] = operands.dx.rowStride;
  slots[18] = numbers.siluAfter ? 1 : 0;
  device.run(9, total, grain);
}
