// Written by scripts/kernels.mjs from kernels/wkv.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Channels of one unit. */
export const WKV_BLOCK = 64;

/** Steps between two kept states. */
export const WKV_CHUNK = 32;

/** y and the last state, and, for the backward, borders. range: B * ceil(D / WKV_BLOCK) */
export function wkvForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    k: Rows;
    v: Rows;
    w: Operand;
    u: Operand;
    aa: Operand | undefined;
    bb: Operand | undefined;
    pp: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    y: Operand;
    lastAa: Operand;
    lastBb: Operand;
    lastPp: Operand;
    borders: Operand | undefined;
  },
  numbers: {
    L: number;
    D: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.k.pointer;
  slots[1] = operands.v.pointer;
  slots[2] = operands.w.pointer;
  slots[3] = operands.u.pointer;
  slots[4] = operands.aa?.pointer ?? 0;
  slots[5] = operands.bb?.pointer ?? 0;
  slots[6] = operands.pp?.pointer ?? 0;
  slots[7] = operands.age?.pointer ?? 0;
  slots[8] = operands.lengths?.pointer ?? 0;
  slots[9] = operands.y.pointer;
  slots[10] = operands.lastAa.pointer;
  slots[11] = operands.lastBb.pointer;
  slots[12] = operands.lastPp.pointer;
  slots[13] = operands.borders?.pointer ?? 0;
  slots[14] = numbers.L;
  slots[15] = numbers.D;
  slots[16] = operands.k.rowStride;
  slots[17] = operands.v.rowStride;
  device.run(66, total, grain);
}

/** dw, du: (B, D): the caller sums over B. range: B * ceil(D / WKV_BLOCK) */
export function wkvBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    k: Rows;
    v: Rows;
    w: Operand;
    u: Operand;
    borders: Operand;
    age: Operand | undefined;
    lengths: Operand | undefined;
    dy: Operand;
    dlastAa: Operand | undefined;
    dlastBb: Operand | undefined;
    dlastPp: Operand | undefined;
    dk: Rows;
    dv: Rows;
    dw: Operand;
    du: Operand;
    daa: Operand | undefined;
    dbb: Operand | undefined;
    dpp: Operand | undefined;
  },
  numbers: {
    L: number;
    D: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.k.pointer;
  slots[1] = operands.v.pointer;
  slots[2] = operands.w.pointer;
  slots[3] = operands.u.pointer;
  slots[4] = operands.borders.pointer;
  slots[5] = operands.age?.pointer ?? 0;
  slots[6] = operands.lengths?.pointer ?? 0;
  slots[7] = operands.dy.pointer;
  slots[8] = operands.dlastAa?.pointer ?? 0;
  slots[9] = operands.dlastBb?.pointer ?? 0;
  slots[10] = operands.dlastPp?.pointer ?? 0;
  slots[11] = operands.dk.pointer;
  slots[12] = operands.dv.pointer;
  slots[13] = operands.dw.pointer;
  slots[14] = operands.du.pointer;
  slots[15] = operands.daa?.pointer ?? 0;
  slots[16] = operands.dbb?.pointer ?? 0;
  slots[17] = operands.dpp?.pointer ?? 0;
  slots[18] = numbers.L;
  slots[19] = numbers.D;
  slots[20] = operands.k.rowStride;
  slots[21] = operands.v.rowStride;
  slots[22] = operands.dk.rowStride;
  slots[23] = operands.dv.rowStride;
  device.run(67, total, grain);
}
