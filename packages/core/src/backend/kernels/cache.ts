// Written by scripts/kernels.mjs from kernels/cache.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/**
 * Keys and values of new steps behind those before them. k, v: (B, L, W / 2), row strides ldk, ldv
 * place: (B, 2): the row of the first step, and the steps before the new ones   range: B * L
 */
export function cacheAppend(
  device: Device,
  total: number,
  grain: number,
  operands: {
    k: Rows;
    v: Rows;
    place: Operand;
    lengths: Operand | undefined;
    cache: Operand;
  },
  numbers: {
    B: number;
    L: number;
    half: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.k.pointer;
  slots[1] = operands.v.pointer;
  slots[2] = operands.place.pointer;
  slots[3] = operands.lengths?.pointer ?? 0;
  slots[4] = operands.cache.pointer;
  slots[5] = numbers.B;
  slots[6] = numbers.L;
  slots[7] = numbers.half;
  slots[8] = operands.k.rowStride;
  slots[9] = operands.v.rowStride;
  device.run(5, total, grain);
}

/** The gradients of what was appended; zeros in the padding. range: B * L */
export function cacheAppendBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    dcache: Operand;
    place: Operand;
    lengths: Operand | undefined;
    dk: Rows;
    dv: Rows;
  },
  numbers: {
    B: number;
    L: number;
    half: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.dcache.pointer;
  slots[1] = operands.place.pointer;
  slots[2] = operands.lengths?.pointer ?? 0;
  slots[3] = operands.dk.pointer;
  slots[4] = operands.dv.pointer;
  slots[5] = numbers.B;
  slots[6] = numbers.L;
  slots[7] = numbers.half;
  slots[8] = operands.dk.rowStride;
  slots[9] = operands.dv.rowStride;
  device.run(6, total, grain);
}

/**
 * Moves the steps of each sequence to another place, and writes zeros beside them up to n.
 * from, to: a step is step_ floats further, a sequence row_   plan: (B, 3): first step, its new place, how many
 * range: n * B
 */
export function cacheMove(
  device: Device,
  total: number,
  grain: number,
  operands: {
    from: Operand;
    plan: Operand;
    to: Operand;
  },
  numbers: {
    B: number;
    W: number;
    stepFrom: number;
    rowFrom: number;
    stepTo: number;
    rowTo: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.from.pointer;
  slots[1] = operands.plan.pointer;
  slots[2] = operands.to.pointer;
  slots[3] = numbers.B;
  slots[4] = numbers.W;
  slots[5] = numbers.stepFrom;
  slots[6] = numbers.rowFrom;
  slots[7] = numbers.stepTo;
  slots[8] = numbers.rowTo;
  device.run(7, total, grain);
}
