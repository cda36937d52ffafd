// Written by scripts/kernels.mjs from kernels/elementwise.cpp.
import type { Device, Operand, Rows } from '../device.ts';

export const Unary = {
  neg: 0,
  exp: 1,
  log: 2,
  sqrt: 3,
  square: 4,
  reciprocal: 5,
  sigmoid: 6,
  silu: 7,
  softplus: 8,
  tanh: 9,
  gelu: 10,
  geluTanh: 11,
  relu: 12,
} as const;

export const Binary = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
} as const;

/** y = f(x), or, where dy is given, y = dy f'(x). range: elements */
export function unary(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Operand;
    dy: Operand | undefined;
    y: Operand;
  },
  numbers: {
    op: number;
  },
): void {
  const { slots } = device;
  slots[0] = numbers.op;
  slots[1] = operands.x.pointer;
  slots[2] = operands.dy?.pointer ?? 0;
  slots[3] = operands.y.pointer;
  device.run(10, total, grain);
}

/**
 * y = a op b over four axes (n0, n1, n2, n3). a and b have a stride for each axis; those of the last are 0 or 1.
 * y: contiguous   range: rows, n0 * n1 * n2
 */
export function binary(
  device: Device,
  total: number,
  grain: number,
  operands: {
    a: Operand;
    b: Operand;
    y: Operand;
  },
  numbers: {
    op: number;
    n1: number;
    n2: number;
    n3: number;
    a0: number;
    a1: number;
    a2: number;
    a3: number;
    b0: number;
    b1: number;
    b2: number;
    b3: number;
  },
): void {
  const { slots } = device;
  slots[0] = numbers.op;
  slots[1] = operands.a.pointer;
  slots[2] = operands.b.pointer;
  slots[3] = operands.y.pointer;
  slots[4] = numbers.n1;
  slots[5] = numbers.n2;
  slots[6] = numbers.n3;
  slots[7] = numbers.a0;
  slots[8] = numbers.a1;
  slots[9] = numbers.a2;
  slots[10] = numbers.a3;
  slots[11] = numbers.b0;
  slots[12] = numbers.b1;
  slots[13] = numbers.b2;
  slots[14] = numbers.b3;
  device.run(11, total, grain);
}

/** y = scale x + offset y; with offset 0, y is not read. range: elements */
export function scaleAdd(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Operand;
    y: Operand;
  },
  numbers: {
    scale: number;
    offset: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.y.pointer;
  slots[2] = numbers.scale;
  slots[3] = numbers.offset;
  device.run(12, total, grain);
}

/** y += x over rows. range: rows of `width` */
export function accumulateRows(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    y: Rows;
  },
  numbers: {
    width: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.y.pointer;
  slots[2] = numbers.width;
  slots[3] = operands.x.rowStride;
  slots[4] = operands.y.rowStride;
  device.run(13, total, grain);
}
