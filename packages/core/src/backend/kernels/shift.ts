// Written by scripts/kernels.mjs from kernels/shift.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Channels of one unit. */
export const SHIFT_BLOCK = 64;

/** y, and x of the last step of each row. range: B * ceil(D / SHIFT_BLOCK) */
export function shiftForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    mix: Operand;
    state: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    y: Operand;
    lastState: Operand | undefined;
  },
  numbers: {
    L: number;
    D: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.mix.pointer;
  slots[2] = operands.state?.pointer ?? 0;
  slots[3] = operands.age?.pointer ?? 0;
  slots[4] = operands.lengths?.pointer ?? 0;
  slots[5] = operands.y.pointer;
  slots[6] = operands.lastState?.pointer ?? 0;
  slots[7] = numbers.L;
  slots[8] = numbers.D;
  slots[9] = operands.x.rowStride;
  device.run(55, total, grain);
}

/** With `add`, dx and dstate are added to. dmix: (B, D): the caller sums over B. range: B * ceil(D / SHIFT_BLOCK) */
export function shiftBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    mix: Operand;
    state: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    dy: Operand;
    dlast: Operand | undefined;
    dx: Rows;
    dmix: Operand;
    dstate: Operand | undefined;
  },
  numbers: {
    L: number;
    D: number;
    add: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.mix.pointer;
  slots[2] = operands.state?.pointer ?? 0;
  slots[3] = operands.age?.pointer ?? 0;
  slots[4] = operands.lengths?.pointer ?? 0;
  slots[5] = operands.dy.pointer;
  slots[6] = operands.dlast?.pointer ?? 0;
  slots[7] = operands.dx.pointer;
  slots[8] = operands.dmix.pointer;
  slots[9] = operands.dstate?.pointer ?? 0;
  slots[10] = numbers.L;
  slots[11] = numbers.D;
  slots[12] = operands.x.rowStride;
  slots[13] = operands.dx.rowStride;
  slots[14] = numbers.add ? 1 : 0;
  device.run(56, total, grain);
}
