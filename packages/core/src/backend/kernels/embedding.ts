// Written by scripts/kernels.mjs from kernels/embedding.cpp.
import type { Device, Operand } from '../device.ts';

/** y[t] = table[ids[t]]. y: (T, D)   table: (V, D)   ids: (T)   range: T */
export function embeddingForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    table: Operand;
    ids: Operand;
    y: Operand;
  },
  numbers: {
    D: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.table.pointer;
  slots[1] = operands.ids.pointer;
  slots[2] = operands.y.pointer;
  slots[3] = numbers.D;
  device.run(14, total, grain);
}

/**
 * dtable[ids[t]] += dy[t]. Threads divide the columns, so two tokens of one id are never added at the same time.
 * range: D
 */
export function embeddingBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    dy: Operand;
    ids: Operand;
    dtable: Operand;
  },
  numbers: {
    T: number;
    D: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.dy.pointer;
  slots[1] = operands.ids.pointer;
  slots[2] = operands.dtable.pointer;
  slots[3] = numbers.T;
  slots[4] = numbers.D;
  device.run(15, total, grain);
}
