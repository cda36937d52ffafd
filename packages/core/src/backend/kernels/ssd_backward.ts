// Written by scripts/kernels.mjs from kernels/ssd_backward.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/**
 * dA, dskip, dbias: (B, H): the caller sums over B. db, dc: (blocks, B, L, G, N): the caller sums over blocks, of which
 * a group has ceil(H / G / W). dstate: (B, H, N, P)   scratch: ssd_scratch(N, P, T, chunked) floats for each unit
 * range: B * G * ceil(H / G / W)
 */
export function ssdBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    dt: Rows;
    A: Operand;
    b: Rows;
    c: Rows;
    skip: Operand | undefined;
    bias: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    borders: Operand;
    dy: Operand;
    dlast: Operand | undefined;
    dx: Rows;
    ddt: Rows;
    dA: Operand;
    db: Operand;
    dc: Operand;
    dskip: Operand;
    dbias: Operand;
    dstate: Operand;
    scratch: Operand;
  },
  numbers: {
    batch: number;
    L: number;
    H: number;
    P: number;
    N: number;
    G: number;
    W: number;
    T: number;
    softplusDt: boolean;
    chunked: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.dt.pointer;
  slots[2] = operands.A.pointer;
  slots[3] = operands.b.pointer;
  slots[4] = operands.c.pointer;
  slots[5] = operands.skip?.pointer ?? 0;
  slots[6] = operands.bias?.pointer ?? 0;
  slots[7] = operands.age?.pointer ?? 0;
  slots[8] = operands.lengths?.pointer ?? 0;
  slots[9] = operands.borders.pointer;
  slots[10] = operands.dy.pointer;
  slots[11] = operands.dlast?.pointer ?? 0;
  slots[12] = operands.dx.pointer;
  slots[13] = operands.ddt.pointer;
  slots[14] = operands.dA.pointer;
  slots[15] = operands.db.pointer;
  slots[16] = operands.dc.pointer;
  slots[17] = operands.dskip.pointer;
  slots[18] = operands.dbias.pointer;
  slots[19] = operands.dstate.pointer;
  slots[20] = operands.scratch.pointer;
  slots[21] = numbers.batch;
  slots[22] = numbers.L;
  slots[23] = numbers.H;
  slots[24] = numbers.P;
  slots[25] = numbers.N;
  slots[26] = numbers.G;
  slots[27] = numbers.W;
  slots[28] = numbers.T;
  slots[29] = operands.x.rowStride;
  slots[30] = operands.dt.rowStride;
  slots[31] = operands.b.rowStride;
  slots[32] = operands.c.rowStride;
  slots[33] = operands.dx.rowStride;
  slots[34] = operands.ddt.rowStride;
  slots[35] = numbers.softplusDt ? 1 : 0;
  slots[36] = numbers.chunked ? 1 : 0;
  device.run(60, total, grain);
}
