// Written by scripts/kernels.mjs from kernels/rotary.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Turns the pairs of every head, and with sign = -1 turns them back. range: B * L */
export function rotaryTurn(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    cosines: Operand;
    sines: Operand;
    starts: Operand;
    y: Rows;
  },
  numbers: {
    L: number;
    H: number;
    P: number;
    dims: number;
    interleaved: boolean;
    sign: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.cosines.pointer;
  slots[2] = operands.sines.pointer;
  slots[3] = operands.starts.pointer;
  slots[4] = operands.y.pointer;
  slots[5] = numbers.L;
  slots[6] = numbers.H;
  slots[7] = numbers.P;
  slots[8] = numbers.dims;
  slots[9] = numbers.interleaved ? 1 : 0;
  slots[10] = numbers.sign;
  slots[11] = operands.x.rowStride;
  slots[12] = operands.y.rowStride;
  device.run(44, total, grain);
}
