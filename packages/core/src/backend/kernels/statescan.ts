// Written by scripts/kernels.mjs from kernels/statescan.cpp.
import type { Device, Operand } from '../device.ts';

/** Steps between two kept states: T. */
export const STATE_CHUNK = 32;

/** y and last_state, and, for the backward, borders. range: B */
export function stateScanForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    u: Operand;
    delta: Operand;
    rate: Operand;
    b: Operand;
    c: Operand;
    state: Operand | undefined;
    age: Operand | undefined;
    lengths: Operand | undefined;
    y: Operand;
    lastState: Operand;
    borders: Operand | undefined;
  },
  numbers: {
    L: number;
    D: number;
    N: number;
    T: number;
    wide: boolean;
    moves: boolean;
    selectsB: boolean;
    selectsC: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.u.pointer;
  slots[1] = operands.delta.pointer;
  slots[2] = operands.rate.pointer;
  slots[3] = operands.b.pointer;
  slots[4] = operands.c.pointer;
  slots[5] = operands.state?.pointer ?? 0;
  slots[6] = operands.age?.pointer ?? 0;
  slots[7] = operands.lengths?.pointer ?? 0;
  slots[8] = operands.y.pointer;
  slots[9] = operands.lastState.pointer;
  slots[10] = operands.borders?.pointer ?? 0;
  slots[11] = numbers.L;
  slots[12] = numbers.D;
  slots[13] = numbers.N;
  slots[14] = numbers.T;
  slots[15] = numbers.wide ? 1 : 0;
  slots[16] = numbers.moves ? 1 : 0;
  slots[17] = numbers.selectsB ? 1 : 0;
  slots[18] = numbers.selectsC ? 1 : 0;
  device.run(61, total, grain);
}

/** drate, db, dc: (B, N, D) where the input is constant: the caller sums over B. range: B */
export function stateScanBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    u: Operand;
    delta: Operand;
    rate: Operand;
    b: Operand;
    c: Operand;
    age: Operand | undefined;
    lengths: Operand | undefined;
    borders: Operand;
    dy: Operand;
    dlast: Operand | undefined;
    du: Operand;
    ddelta: Operand;
    drate: Operand;
    db: Operand;
    dc: Operand;
    dstate: Operand;
  },
  numbers: {
    L: number;
    D: number;
    N: number;
    T: number;
    wide: boolean;
    moves: boolean;
    selectsB: boolean;
    selectsC: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.u.pointer;
  slots[1] = operands.delta.pointer;
  slots[2] = operands.rate.pointer;
  slots[3] = operands.b.pointer;
  slots[4] = operands.c.pointer;
  slots[5] = operands.age?.pointer ?? 0;
  slots[6] = operands.lengths?.pointer ?? 0;
  slots[7] = operands.borders.pointer;
  slots[8] = operands.dy.pointer;
  slots[9] = operands.dlast?.pointer ?? 0;
  slots[10] = operands.du.pointer;
  slots[11] = operands.ddelta.pointer;
  slots[12] = operands.drate.pointer;
  slots[13] = operands.db.pointer;
  slots[14] = operands.dc.pointer;
  slots[15] = operands.dstate.pointer;
  slots[16] = numbers.L;
  slots[17] = numbers.D;
  slots[18] = numbers.N;
  slots[19] = numbers.T;
  slots[20] = numbers.wide ? 1 : 0;
  slots[21] = numbers.moves ? 1 : 0;
  slots[22] = numbers.selectsB ? 1 : 0;
  slots[23] = numbers.selectsC ? 1 : 0;
  device.run(62, total, grain);
}
