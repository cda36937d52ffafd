// Written by scripts/kernels.mjs from kernels/ssd.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Floats of scratch that one unit of ssd_forward or ssd_backward needs. */
export function ssdScratch(device: Device, args: { N: number; P: number; T: number; chunked: boolean }): number {
  return device.call('ssd_scratch', args.N, args.P, args.T, args.chunked ? 1 : 0);
}

/**
 * y and last_state, and, for the backward, borders. scratch: ssd_scratch(N, P, T, chunked) floats for each unit
 * range: B * G * ceil(H / G / W)
 */
export function ssdForward(
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
    state: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    y: Operand;
    lastState: Operand;
    borders: Operand | undefined;
    scratch: Operand;
  },
  numbers: {
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
  slots[7] = operands.state?.pointer ?? 0;
  slots[8] = operands.age?.pointer ?? 0;
  slots[9] = operands.lengths?.pointer ?? 0;
  slots[10] = operands.y.pointer;
  slots[11] = operands.lastState.pointer;
  slots[12] = operands.borders?.pointer ?? 0;
  slots[13] = operands.scratch.pointer;
  slots[14] = numbers.L;
  slots[15] = numbers.H;
  slots[16] = numbers.P;
  slots[17] = numbers.N;
  slots[18] = numbers.G;
  slots[19] = numbers.W;
  slots[20] = numbers.T;
  slots[21] = operands.x.rowStride;
  slots[22] = operands.dt.rowStride;
  slots[23] = operands.b.rowStride;
  slots[24] = operands.c.rowStride;
  slots[25] = numbers.softplusDt ? 1 : 0;
  slots[26] = numbers.chunked ? 1 : 0;
  device.run(59, total, grain);
}
