// Written by scripts/kernels.mjs from kernels/softmax.cpp.
import type { Device, Operand } from '../device.ts';

/** y = exp(x) / Σ exp(x) for each row. x, y: (R, N)   range: rows */
export function softmaxForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Operand;
    y: Operand;
  },
  numbers: {
    N: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.y.pointer;
  slots[2] = numbers.N;
  device.run(57, total, grain);
}

/** dx = y (dy - y·dy). range: rows */
export function softmaxBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    y: Operand;
    dy: Operand;
    dx: Operand;
  },
  numbers: {
    N: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.y.pointer;
  slots[1] = operands.dy.pointer;
  slots[2] = operands.dx.pointer;
  slots[3] = numbers.N;
  device.run(58, total, grain);
}
