// Written by scripts/kernels.mjs from kernels/cache.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/**
 * Writes the keys and values of new steps behind those of the steps before. k, v: (B, L, half), half = W / 2
 * place: (B, 2): the row of the first step, and the number of steps before the new ones   range: B * L
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

/** dk and dv of the steps that were appended, and zeros in the padding. range: B * L */
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
 * Copies the steps of each sequence to another place, and writes zeros to all other steps of `to`, which has n.
 * Steps are step_from and step_to floats apart, sequences row_from and row_to floats.
 * plan: (B, 3): the first step, its place in `to`, and the number of steps   range: n * B
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
