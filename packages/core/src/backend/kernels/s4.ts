// Written by scripts/kernels.mjs from kernels/s4.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Floats of scratch that one unit of s4_forward or s4_backward needs, for M modes and chunks of T steps. */
export function s4Scratch(device: Device, args: { M: number; T: number }): number {
  return device.call('s4_scratch', args.M, args.T);
}

/** y and the last state. scratch: s4_scratch(M, T) floats for each unit   range: B * ceil(H / W) */
export function s4Forward(
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
    scratch: Operand;
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
  slots[9] = operands.scratch.pointer;
  slots[10] = numbers.L;
  slots[11] = numbers.H;
  slots[12] = numbers.M;
  slots[13] = numbers.W;
  slots[14] = numbers.T;
  slots[15] = operands.u.rowStride;
  device.run(45, total, grain);
}

/**
 * dmodes: (B, 5, 2, M, H), dskip: (B, H): the caller sums over B. dstate: (B, 2, M, H)
 * scratch: s4_scratch(M, T) floats for each unit   range: B * ceil(H / W)
 */
export function s4Backward(
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
    scratch: Operand;
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
  slots[12] = operands.scratch.pointer;
  slots[13] = numbers.L;
  slots[14] = numbers.H;
  slots[15] = numbers.M;
  slots[16] = numbers.W;
  slots[17] = numbers.T;
  slots[18] = operands.u.rowStride;
  slots[19] = operands.du.rowStride;
  device.run(46, total, grain);
}
