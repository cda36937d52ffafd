// Written by scripts/kernels.mjs from kernels/mamba3_gate.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/**
 * A = -(1 + a) for a >= 0, -1 / (1 - a) below, at most -floor;  Δ = softplus(dt + bias);  adt = A Δ.
 * dt, a, delta, adt: (R, H)   bias: (H)   range: rows
 */
export function mamba3StepsForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    dt: Rows;
    a: Rows;
    bias: Operand;
    delta: Operand;
    adt: Operand;
  },
  numbers: {
    H: number;
    floor: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.dt.pointer;
  slots[1] = operands.a.pointer;
  slots[2] = operands.bias.pointer;
  slots[3] = operands.delta.pointer;
  slots[4] = operands.adt.pointer;
  slots[5] = numbers.H;
  slots[6] = operands.dt.rowStride;
  slots[7] = operands.a.rowStride;
  slots[8] = numbers.floor;
  device.run(23, total, grain);
}

/** ddelta, dadt, ddt, da: (R, H)   range: rows */
export function mamba3StepsBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    dt: Rows;
    a: Rows;
    bias: Operand;
    ddelta: Operand;
    dadt: Operand;
    ddt: Rows;
    da: Rows;
  },
  numbers: {
    H: number;
    floor: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.dt.pointer;
  slots[1] = operands.a.pointer;
  slots[2] = operands.bias.pointer;
  slots[3] = operands.ddelta.pointer;
  slots[4] = operands.dadt.pointer;
  slots[5] = operands.ddt.pointer;
  slots[6] = operands.da.pointer;
  slots[7] = numbers.H;
  slots[8] = operands.dt.rowStride;
  slots[9] = operands.a.rowStride;
  slots[10] = operands.ddt.rowStride;
  slots[11] = operands.da.rowStride;
  slots[12] = numbers.floor;
  device.run(24, total, grain);
}

/**
 * out = Σ_r mimo_o y silu(z mimo_z), over the R ranks of a head. Without z there is no gate; without mimo_z and mimo_o
 * both count as ones. y: (rows, H, R, P)   z, out: (rows, H, P)   mimo_z, mimo_o: (H, R, P)   range: rows
 */
export function rankGateForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    y: Operand;
    z: Rows | undefined;
    mimoZ: Operand | undefined;
    mimoO: Operand | undefined;
    out: Operand;
  },
  numbers: {
    H: number;
    R: number;
    P: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.y.pointer;
  slots[1] = operands.z?.pointer ?? 0;
  slots[2] = operands.mimoZ?.pointer ?? 0;
  slots[3] = operands.mimoO?.pointer ?? 0;
  slots[4] = operands.out.pointer;
  slots[5] = numbers.H;
  slots[6] = numbers.R;
  slots[7] = numbers.P;
  slots[8] = operands.z?.rowStride ?? 0;
  device.run(25, total, grain);
}

/**
 * dmimo_z, dmimo_o: (parts, H, R, P), sums over the rows of each part: the caller sums over the parts
 * dz: (rows, H, P)   range: parts of `rows` rows
 */
export function rankGateBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    y: Operand;
    z: Rows | undefined;
    mimoZ: Operand | undefined;
    mimoO: Operand | undefined;
    dout: Operand;
    dy: Operand;
    dz: Rows | undefined;
    dmimoZ: Operand | undefined;
    dmimoO: Operand | undefined;
  },
  numbers: {
    count: number;
    H: number;
    R: number;
    P: number;
    rows: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.y.pointer;
  slots[1] = operands.z?.pointer ?? 0;
  slots[2] = operands.mimoZ?.pointer ?? 0;
  slots[3] = operands.mimoO?.pointer ?? 0;
  slots[4] = operands.dout.pointer;
  slots[5] = operands.dy.pointer;
  slots[6] = operands.dz?.pointer ?? 0;
  slots[7] = operands.dmimoZ?.pointer ?? 0;
  slots[8] = operands.dmimoO?.pointer ?? 0;
  slots[9] = numbers.count;
  slots[10] = numbers.H;
  slots[11] = numbers.R;
  slots[12] = numbers.P;
  slots[13] = numbers.rows;
  slots[14] = operands.z?.rowStride ?? 0;
  slots[15] = operands.dz?.rowStride ?? 0;
  device.run(26, total, grain);
}
