// Written by scripts/kernels.mjs from kernels/mamba3_backward.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/**
 * dbias_*, dskip, dmimo_x: (B, …): the caller sums over B. db, dc: (blocks, B, L, R, G, N): the caller sums over
 * blocks. dangles: (B, L, H S), or, where heads share the angles, (G blocks, B, L, S): the caller sums over the first
 * axis. scratch: mamba3_scratch(N, P, T, R) floats for each unit   range: as mamba3_forward
 */
export function mamba3Backward(
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
    stateK: Operand | undefined;
    stateV: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    borders: Operand;
    borderAngles: Operand;
    dy: Operand;
    dlastAngle: Operand | undefined;
    dlastSsm: Operand | undefined;
    dlastK: Operand | undefined;
    dlastV: Operand | undefined;
    dc: Operand;
    db: Operand;
    dx: Rows;
    dadt: Operand;
    ddt: Operand;
    dtrap: Rows;
    dangles: Operand;
    dbiasC: Operand;
    dbiasB: Operand;
    dskip: Operand;
    dmimoX: Operand | undefined;
    dstateAngle: Operand;
    dstateSsm: Operand;
    dstateK: Operand;
    dstateV: Operand;
    scratch: Operand;
  },
  numbers: {
    batch: number;
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
  slots[11] = operands.stateK?.pointer ?? 0;
  slots[12] = operands.stateV?.pointer ?? 0;
  slots[13] = operands.age?.pointer ?? 0;
  slots[14] = operands.lengths?.pointer ?? 0;
  slots[15] = operands.borders.pointer;
  slots[16] = operands.borderAngles.pointer;
  slots[17] = operands.dy.pointer;
  slots[18] = operands.dlastAngle?.pointer ?? 0;
  slots[19] = operands.dlastSsm?.pointer ?? 0;
  slots[20] = operands.dlastK?.pointer ?? 0;
  slots[21] = operands.dlastV?.pointer ?? 0;
  slots[22] = operands.dc.pointer;
  slots[23] = operands.db.pointer;
  slots[24] = operands.dx.pointer;
  slots[25] = operands.dadt.pointer;
  slots[26] = operands.ddt.pointer;
  slots[27] = operands.dtrap.pointer;
  slots[28] = operands.dangles.pointer;
  slots[29] = operands.dbiasC.pointer;
  slots[30] = operands.dbiasB.pointer;
  slots[31] = operands.dskip.pointer;
  slots[32] = operands.dmimoX?.pointer ?? 0;
  slots[33] = operands.dstateAngle.pointer;
  slots[34] = operands.dstateSsm.pointer;
  slots[35] = operands.dstateK.pointer;
  slots[36] = operands.dstateV.pointer;
  slots[37] = operands.scratch.pointer;
  slots[38] = numbers.batch;
  slots[39] = numbers.L;
  slots[40] = numbers.H;
  slots[41] = numbers.P;
  slots[42] = numbers.N;
  slots[43] = numbers.G;
  slots[44] = numbers.R;
  slots[45] = numbers.S;
  slots[46] = numbers.W;
  slots[47] = numbers.T;
  slots[48] = operands.x.rowStride;
  slots[49] = operands.trap.rowStride;
  slots[50] = operands.angles.rowStride;
  slots[51] = operands.dx.rowStride;
  slots[52] = operands.dtrap.rowStride;
  slots[53] = numbers.neighbours ? 1 : 0;
  slots[54] = numbers.shared ? 1 : 0;
  device.run(21, total, grain);
}
