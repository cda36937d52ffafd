// Written by scripts/kernels.mjs from kernels/mamba3_forward.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/**
 * y and the last states; the head of the file has the shapes. scratch: mamba3_scratch(N, P, T, R) floats for each unit
 * range: B * G * ceil(H / G / W)
 */
export function mamba3Forward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    c: Operand;
    b: Operand;
    x: Rows;
    adt: Operand;
    dt: Operand;
    trap: Rows;
    angles: Rows;
    biasC: Operand;
    biasB: Operand;
    skip: Operand | undefined;
    mimoX: Operand | undefined;
    stateAngle: Operand | undefined;
    stateSsm: Operand | undefined;
    stateK: Operand | undefined;
    stateV: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    y: Operand;
    lastAngle: Operand;
    lastSsm: Operand;
    lastK: Operand;
    lastV: Operand;
    borders: Operand | undefined;
    borderAngles: Operand | undefined;
    scratch: Operand;
  },
  numbers: {
    L: number;
    H: number;
    P: number;
    N: number;
    G: number;
    R: number;
    S: number;
    W: number;
    T: number;
    neighbours: boolean;
    shared: boolean;
    chunked: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.c.pointer;
  slots[1] = operands.b.pointer;
  slots[2] = operands.x.pointer;
  slots[3] = operands.adt.pointer;
  slots[4] = operands.dt.pointer;
  slots[5] = operands.trap.pointer;
  slots[6] = operands.angles.pointer;
  slots[7] = operands.biasC.pointer;
  slots[8] = operands.biasB.pointer;
  slots[9] = operands.skip?.pointer ?? 0;
  slots[10] = operands.mimoX?.pointer ?? 0;
  slots[11] = operands.stateAngle?.pointer ?? 0;
  slots[12] = operands.stateSsm?.pointer ?? 0;
  slots[13] = operands.stateK?.pointer ?? 0;
  slots[14] = operands.stateV?.pointer ?? 0;
  slots[15] = operands.age?.pointer ?? 0;
  slots[16] = operands.lengths?.pointer ?? 0;
  slots[17] = operands.y.pointer;
  slots[18] = operands.lastAngle.pointer;
  slots[19] = operands.lastSsm.pointer;
  slots[20] = operands.lastK.pointer;
  slots[21] = operands.lastV.pointer;
  slots[22] = operands.borders?.pointer ?? 0;
  slots[23] = operands.borderAngles?.pointer ?? 0;
  slots[24] = operands.scratch.pointer;
  slots[25] = numbers.L;
  slots[26] = numbers.H;
  slots[27] = numbers.P;
  slots[28] = numbers.N;
  slots[29] = numbers.G;
  slots[30] = numbers.R;
  slots[31] = numbers.S;
  slots[32] = numbers.W;
  slots[33] = numbers.T;
  slots[34] = operands.x.rowStride;
  slots[35] = operands.trap.rowStride;
  slots[36] = operands.angles.rowStride;
  slots[37] = numbers.neighbours ? 1 : 0;
  slots[38] = numbers.shared ? 1 : 0;
  slots[39] = numbers.chunked ? 1 : 0;
  device.run(22, total, grain);
}
