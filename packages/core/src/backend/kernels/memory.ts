// Written by scripts/kernels.mjs from kernels/memory.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** from, to: (rows, width)   range: rows */
export function copyRows(
  device: Device,
  total: number,
  grain: number,
  operands: {
    from: Rows;
    to: Rows;
  },
  numbers: {
    width: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.from.pointer;
  slots[1] = operands.to.pointer;
  slots[2] = numbers.width;
  slots[3] = operands.from.rowStride;
  slots[4] = operands.to.rowStride;
  device.run(27, total, grain);
}

/** to = value. to: (rows, width)   range: rows */
export function fillRows(
  device: Device,
  total: number,
  grain: number,
  operands: {
    to: Rows;
  },
  numbers: {
    value: number;
    width: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.to.pointer;
  slots[1] = numbers.value;
  slots[2] = numbers.width;
  slots[3] = operands.to.rowStride;
  device.run(28, total, grain);
}

/** Swaps the last two axes. from: (batch, R, C)   to: (batch, C, R)   range: batch * C */
export function transpose(
  device: Device,
  total: number,
  grain: number,
  operands: {
    from: Operand;
    to: Operand;
  },
  numbers: {
    R: number;
    C: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.from.pointer;
  slots[1] = operands.to.pointer;
  slots[2] = numbers.R;
  slots[3] = numbers.C;
  device.run(29, total, grain);
}
