// Written by scripts/kernels.mjs from kernels/optimizer.cpp.
import type { Device, Operand } from '../device.ts';

/**
 * p ← p (1 - lr decay) - lr m̂ / (√v̂ + eps), where g is multiplied by `scale` first (clipping, accumulation).
 * step1 = 1 - beta1^t, step2 = sqrt(1 - beta2^t)   range: elements
 */
export function adamw(
  device: Device,
  total: number,
  grain: number,
  operands: {
    p: Operand;
    g: Operand;
    m: Operand;
    v: Operand;
  },
  numbers: {
    scale: number;
    lr: number;
    beta1: number;
    beta2: number;
    eps: number;
    decay: number;
    step1: number;
    step2: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.p.pointer;
  slots[1] = operands.g.pointer;
  slots[2] = operands.m.pointer;
  slots[3] = operands.v.pointer;
  slots[4] = numbers.scale;
  slots[5] = numbers.lr;
  slots[6] = numbers.beta1;
  slots[7] = numbers.beta2;
  slots[8] = numbers.eps;
  slots[9] = numbers.decay;
  slots[10] = numbers.step1;
  slots[11] = numbers.step2;
  device.run(34, total, grain);
}
