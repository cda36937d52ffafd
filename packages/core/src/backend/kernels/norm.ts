// Written by scripts/kernels.mjs from kernels/norm.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/**
 * s = x + residual (or x);  y = (s - mean) * rstd * weight + bias;  mean = 0 for RMSNorm.
 * x, residual, s, y: (R, D)   weight, bias: (D)   stats: (R, 2) = mean, rstd   range: rows
 * s may be null if residual is.
 */
export function normForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Operand;
    residual: Operand | undefined;
    weight: Operand;
    bias: Operand | undefined;
    s: Operand | undefined;
    y: Operand;
    stats: Operand;
  },
  numbers: {
    D: number;
    eps: number;
    centred: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.residual?.pointer ?? 0;
  slots[2] = operands.weight.pointer;
  slots[3] = operands.bias?.pointer ?? 0;
  slots[4] = operands.s?.pointer ?? 0;
  slots[5] = operands.y.pointer;
  slots[6] = operands.stats.pointer;
  slots[7] = numbers.D;
  slots[8] = numbers.eps;
  slots[9] = numbers.centred ? 1 : 0;
  device.run(30, total, grain);
}

/**
 * ds = rstd (g - mean(g) - n mean(g n)) + dres with g = dy weight, n the normed row.
 * dweight, dbias: (parts, D), sums over the rows of each part: the caller sums over the parts.
 * range: parts of `size` rows
 */
export function normBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    s: Operand;
    weight: Operand;
    stats: Operand;
    dy: Operand;
    dres: Operand | undefined;
    ds: Operand;
    dweight: Operand;
    dbias: Operand | undefined;
  },
  numbers: {
    R: number;
    D: number;
    size: number;
    centred: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.s.pointer;
  slots[1] = operands.weight.pointer;
  slots[2] = operands.stats.pointer;
  slots[3] = operands.dy.pointer;
  slots[4] = operands.dres?.pointer ?? 0;
  slots[5] = operands.ds.pointer;
  slots[6] = operands.dweight.pointer;
  slots[7] = operands.dbias?.pointer ?? 0;
  slots[8] = numbers.R;
  slots[9] = numbers.D;
  slots[10] = numbers.size;
  slots[11] = numbers.centred ? 1 : 0;
  device.run(31, total, grain);
}

/**
 * RMSNorm with a gate, over groups of the last axis (Mamba-2's RMSNormGated, rmsnorm_fn with z).
 *
 *   after the gate:   s = x silu(z)     y = s / sqrt(mean(s^2) + eps) weight
 *   before the gate:  y = x / sqrt(mean(x^2) + eps) weight silu(z)
 *
 * x, z, y: (R, D)   weight: (D)   rstd: (R, D / size), of each group of `size` values   range: rows
 */
export function gatedNormForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    z: Rows;
    weight: Operand;
    y: Operand;
    rstd: Operand;
  },
  numbers: {
    D: number;
    size: number;
    eps: number;
    before: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.z.pointer;
  slots[2] = operands.weight.pointer;
  slots[3] = operands.y.pointer;
  slots[4] = operands.rstd.pointer;
  slots[5] = numbers.D;
  slots[6] = numbers.size;
  slots[7] = operands.x.rowStride;
  slots[8] = operands.z.rowStride;
  slots[9] = numbers.eps;
  slots[10] = numbers.before ? 1 : 0;
  device.run(32, total, grain);
}

/**
 * With n the normed value and g its gradient:  ds = rstd (g - n mean(g n)).
 * dweight: (parts, D), sums over the rows of each part: the caller sums over the parts   range: parts of `rows` rows
 */
export function gatedNormBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Rows;
    z: Rows;
    weight: Operand;
    rstd: Operand;
    dy: Rows;
    dx: Rows;
    dz: Rows;
    dweight: Operand;
  },
  numbers: {
    R: number;
    D: number;
    size: number;
    rows: number;
    before: boolean;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.z.pointer;
  slots[2] = operands.weight.pointer;
  slots[3] = operands.rstd.pointer;
  slots[4] = operands.dy.pointer;
  slots[5] = operands.dx.pointer;
  slots[6] = operands.dz.pointer;
  slots[7] = operands.dweight.pointer;
  slots[8] = numbers.R;
  slots[9] = numbers.D;
  slots[10] = numbers.size;
  slots[11] = numbers.rows;
  slots[12] = operands.x.rowStride;
  slots[13] = operands.z.rowStride;
  slots[14] = operands.dy.rowStride;
  slots[15] = operands.dx.rowStride;
  slots[16] = operands.dz.rowStride;
  slots[17] = numbers.before ? 1 : 0;
  device.run(33, total, grain);
}
