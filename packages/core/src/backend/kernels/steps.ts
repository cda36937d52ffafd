// Written by scripts/kernels.mjs from kernels/steps.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/**
 * y[b, t] = x[b, length - 1 - t], and 0 beyond the length. Applied to dy, it gives dx.
 * x, y: (B, L, D)   lengths: (B)   range: B * L
 */
export function reverseSteps(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    lengths: Operand | undefined;
    y: Rows;
  },
  numbers: {
    L: number;
    D: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.lengths?.pointer ?? 0;
  slots[2] = operands.y.pointer;
  slots[3] = numbers.L;
  slots[4] = numbers.D;
  slots[5] = operands.x.rowStride;
  slots[6] = operands.y.rowStride;
  device.run(63, total, grain);
}

/**
 * y[b, d] = the largest of state[b, d] and x[b, t, d] over t. at: the first t with that value, -1 for the state.
 * NaN counts as larger than any number. x: (B, L, D)   state, y, at: (B, D)   lengths: (B)   range: B
 */
export function maxStepsForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    state: Operand | undefined;
    lengths: Operand | undefined;
    y: Operand;
    at: Operand;
  },
  numbers: {
    L: number;
    D: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.state?.pointer ?? 0;
  slots[2] = operands.lengths?.pointer ?? 0;
  slots[3] = operands.y.pointer;
  slots[4] = operands.at.pointer;
  slots[5] = numbers.L;
  slots[6] = numbers.D;
  slots[7] = operands.x.rowStride;
  device.run(64, total, grain);
}

/** dy, dstate: (B, D)   dx: (B, L, D)   range: B */
export function maxStepsBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    dy: Operand;
    at: Operand;
    dx: Rows;
    dstate: Operand | undefined;
  },
  numbers: {
    L: number;
    D: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.dy.pointer;
  slots[1] = operands.at.pointer;
  slots[2] = operands.dx.pointer;
  slots[3] = operands.dstate?.pointer ?? 0;
  slots[4] = numbers.L;
  slots[5] = numbers.D;
  slots[6] = operands.dx.rowStride;
  device.run(65, total, grain);
}
