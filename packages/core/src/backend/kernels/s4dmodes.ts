// Written by scripts/kernels.mjs from kernels/s4dmodes.cpp.
import type { Device, Operand } from '../device.ts';

/** The modes from the parameters. range: channels */
export function s4dModesForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    C: Operand;
    logDt: Operand;
    logAReal: Operand;
    AImag: Operand;
    modes: Operand;
  },
  numbers: {
    H: number;
    M: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.C.pointer;
  slots[1] = operands.logDt.pointer;
  slots[2] = operands.logAReal.pointer;
  slots[3] = operands.AImag.pointer;
  slots[4] = operands.modes.pointer;
  slots[5] = numbers.H;
  slots[6] = numbers.M;
  device.run(49, total, grain);
}

/** The gradients of the parameters from those of the modes. range: channels */
export function s4dModesBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    C: Operand;
    logDt: Operand;
    logAReal: Operand;
    AImag: Operand;
    dmodes: Operand;
    dC: Operand;
    dlogDt: Operand;
    dlogAReal: Operand;
    dAImag: Operand;
  },
  numbers: {
    H: number;
    M: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.C.pointer;
  slots[1] = operands.logDt.pointer;
  slots[2] = operands.logAReal.pointer;
  slots[3] = operands.AImag.pointer;
  slots[4] = operands.dmodes.pointer;
  slots[5] = operands.dC.pointer;
  slots[6] = operands.dlogDt.pointer;
  slots[7] = operands.dlogAReal.pointer;
  slots[8] = operands.dAImag.pointer;
  slots[9] = numbers.H;
  slots[10] = numbers.M;
  device.run(50, total, grain);
}
