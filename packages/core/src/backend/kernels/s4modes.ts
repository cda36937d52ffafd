// Written by scripts/kernels.mjs from kernels/s4modes.cpp.
import type { Device, Operand } from '../device.ts';

/** The modes from the parameters. range: channels */
export function s4ModesForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    C: Operand;
    B: Operand;
    P: Operand;
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
  slots[1] = operands.B.pointer;
  slots[2] = operands.P.pointer;
  slots[3] = operands.logDt.pointer;
  slots[4] = operands.logAReal.pointer;
  slots[5] = operands.AImag.pointer;
  slots[6] = operands.modes.pointer;
  slots[7] = numbers.H;
  slots[8] = numbers.M;
  device.run(51, total, grain);
}

/** The gradients of the parameters from those of the modes. range: channels */
export function s4ModesBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    C: Operand;
    B: Operand;
    P: Operand;
    logDt: Operand;
    logAReal: Operand;
    AImag: Operand;
    dmodes: Operand;
    dC: Operand;
    dB: Operand;
    dP: Operand;
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
  slots[1] = operands.B.pointer;
  slots[2] = operands.P.pointer;
  slots[3] = operands.logDt.pointer;
  slots[4] = operands.logAReal.pointer;
  slots[5] = operands.AImag.pointer;
  slots[6] = operands.dmodes.pointer;
  slots[7] = operands.dC.pointer;
  slots[8] = operands.dB.pointer;
  slots[9] = operands.dP.pointer;
  slots[10] = operands.dlogDt.pointer;
  slots[11] = operands.dlogAReal.pointer;
  slots[12] = operands.dAImag.pointer;
  slots[13] = numbers.H;
  slots[14] = numbers.M;
  device.run(52, total, grain);
}
