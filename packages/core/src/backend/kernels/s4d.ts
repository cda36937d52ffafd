// Written by scripts/kernels.mjs from kernels/s4d.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Steps between two kept states: T. */
export const S4D_CHUNK = 32;

/** y and the last state. range: B * ceil(H / W) */
export function s4dForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    u: Rows;
    modes: Operand;
    skip: Operand | undefined;
    state: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    y: Operand;
    lastState: Operand;
    borders: Operand | undefined;
  },
  numbers: {
    L: number;
    H: number;
    M: number;
    W: number;
    T: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.u.pointer;
  slots[1] = operands.modes.pointer;
  slots[2] = operands.skip?.pointer ?? 0;
  slots[3] = operands.state?.pointer ?? 0;
  slots[4] = operands.age?.pointer ?? 0;
  slots[5] = operands.lengths?.pointer ?? 0;
  slots[6] = operands.y.pointer;
  slots[7] = operands.lastState.pointer;
  slots[8] = operands.borders?.pointer ?? 0;
  slots[9] = numbers.L;
  slots[10] = numbers.H;
  slots[11] = numbers.M;
  slots[12] = numbers.W;
  slots[13] = numbers.T;
  slots[14] = operands.u.rowStride;
  device.run(47, total, grain);
}

/** dmodes: (B, 4, M, H), dskip: (B, H): the caller sums over B. dstate: (B, 2, M, H)   range: B * ceil(H / W) */
export function s4dBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    u: Rows;
    modes: Operand;
    skip: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    borders: Operand;
    dout: Operand;
    dlast: Operand | undefined;
    du: Rows;
    dmodes: Operand;
    dskip: Operand;
    dstate: Operand;
  },
  numbers: {
    L: number;
    H: number;
    M: number;
    W: number;
    T: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.u.pointer;
  slots[1] = operands.modes.pointer;
  slots[2] = operands.skip?.pointer ?? 0;
  slots[3] = operands.age?.pointer ?? 0;
  slots[4] = operands.lengths?.pointer ?? 0;
  slots[5] = operands.borders.pointer;
  slots[6] = operands.dout.pointer;
  slots[7] = operands.dlast?.pointer ?? 0;
  slots[8] = operands.du.pointer;
  slots[9] = operands.dmodes.pointer;
  slots[10] = operands.dskip.pointer;
  slots[11] = operands.dstate.pointer;
  slots[12] = numbers.L;
  slots[13] = numbers.H;
  slots[14] = numbers.M;
  slots[15] = numbers.W;
  slots[16] = numbers.T;
  slots[17] = operands.u.rowStride;
  slots[18] = operands.du.rowStride;
  device.run(48, total, grain);
}
