// Written by scripts/kernels.mjs from kernels/scan.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Steps between two kept states: T. */
export const SCAN_CHUNK = 32;

/** Floats of scratch that one unit of scan_backward needs. */
export function scanScratch(device: Device, args: { N: number; T: number }): number {
  return device.call('scan_scratch', args.N, args.T);
}

/** out and last_state, and, for the backward, borders. range: B * G * ceil(D / G / W) */
export function scanForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    u: Rows;
    delta: Rows;
    A: Operand;
    b: Rows;
    c: Rows;
    skip: Operand | undefined;
    z: Rows | undefined;
    bias: Operand | undefined;
    state: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    out: Operand;
    lastState: Operand;
    borders: Operand | undefined;
  },
  numbers: {
    L: number;
    D: number;
    N: number;
    G: number;
    W: number;
    T: number;
    softplusDelta: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.u.pointer;
  slots[1] = operands.delta.pointer;
  slots[2] = operands.A.pointer;
  slots[3] = operands.b.pointer;
  slots[4] = operands.c.pointer;
  slots[5] = operands.skip?.pointer ?? 0;
  slots[6] = operands.z?.pointer ?? 0;
  slots[7] = operands.bias?.pointer ?? 0;
  slots[8] = operands.state?.pointer ?? 0;
  slots[9] = operands.age?.pointer ?? 0;
  slots[10] = operands.lengths?.pointer ?? 0;
  slots[11] = operands.out.pointer;
  slots[12] = operands.lastState.pointer;
  slots[13] = operands.borders?.pointer ?? 0;
  slots[14] = numbers.L;
  slots[15] = numbers.D;
  slots[16] = numbers.N;
  slots[17] = numbers.G;
  slots[18] = numbers.W;
  slots[19] = numbers.T;
  slots[20] = operands.u.rowStride;
  slots[21] = operands.delta.rowStride;
  slots[22] = operands.b.rowStride;
  slots[23] = operands.c.rowStride;
  slots[24] = operands.z?.rowStride ?? 0;
  slots[25] = numbers.softplusDelta ? 1 : 0;
  device.run(53, total, grain);
}

/**
 * dA: (B, N, D), dskip, dbias: (B, D): the caller sums over B. db, dc: (blocks, B, L, G, N): the caller sums over
 * blocks, of which a group has ceil(D / G / W). dstate: (B, N, D)   scratch: scan_scratch(N, T) floats for each unit
 * range: B * G * ceil(D / G / W)
 */
export function scanBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    u: Rows;
    delta: Rows;
    A: Operand;
    b: Rows;
    c: Rows;
    skip: Operand | undefined;
    z: Rows | undefined;
    bias: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    borders: Operand;
    dout: Operand;
    dlast: Operand | undefined;
    du: Rows;
    ddelta: Rows;
    dA: Operand;
    db: Operand;
    dc: Operand;
    dskip: Operand;
    dz: Rows | undefined;
    dbias: Operand;
    dstate: Operand;
    scratch: Operand;
  },
  numbers: {
    batch: number;
    L: number;
    D: number;
    N: number;
    G: number;
    W: number;
    T: number;
    softplusDelta: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.u.pointer;
  slots[1] = operands.delta.pointer;
  slots[2] = operands.A.pointer;
  slots[3] = operands.b.pointer;
  slots[4] = operands.c.pointer;
  slots[5] = operands.skip?.pointer ?? 0;
  slots[6] = operands.z?.pointer ?? 0;
  slots[7] = operands.bias?.pointer ?? 0;
  slots[8] = operands.age?.pointer ?? 0;
  slots[9] = operands.lengths?.pointer ?? 0;
  slots[10] = operands.borders.pointer;
  slots[11] = operands.dout.pointer;
  slots[12] = operands.dlast?.pointer ?? 0;
  slots[13] = operands.du.pointer;
  slots[14] = operands.ddelta.pointer;
  slots[15] = operands.dA.pointer;
  slots[16] = operands.db.pointer;
  slots[17] = operands.dc.pointer;
  slots[18] = operands.dskip.pointer;
  slots[19] = operands.dz?.pointer ?? 0;
  slots[20] = operands.dbias.pointer;
  slots[21] = operands.dstate.pointer;
  slots[22] = operands.scratch.pointer;
  slots[23] = numbers.batch;
  slots[24] = numbers.L;
  slots[25] = numbers.D;
  slots[26] = numbers.N;
  slots[27] = numbers.G;
  slots[28] = numbers.W;
  slots[29] = numbers.T;
  slots[30] = operands.u.rowStride;
  slots[31] = operands.delta.rowStride;
  slots[32] = operands.b.rowStride;
  slots[33] = operands.c.rowStride;
  slots[34] = operands.z?.rowStride ?? 0;
  slots[35] = operands.du.rowStride;
  slots[36] = operands.ddelta.rowStride;
  slots[37] = operands.dz?.rowStride ?? 0;
  slots[38] = numbers.softplusDelta ? 1 : 0;
  device.run(54, total, grain);
}
