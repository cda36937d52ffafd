// Written by scripts/kernels.mjs from kernels/loss.cpp.
import type { Device, Operand } from '../device.ts';

/**
 * losses[r] = logsumexp(logits[r]) - logits[r, target], and 0 if target < 0 (ignored).
 * logits: (R, V)   lse: (R)   range: rows
 */
export function crossEntropyForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    logits: Operand;
    targets: Operand;
    losses: Operand;
    lse: Operand;
  },
  numbers: {
    V: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.logits.pointer;
  slots[1] = operands.targets.pointer;
  slots[2] = operands.losses.pointer;
  slots[3] = operands.lse.pointer;
  slots[4] = numbers.V;
  device.run(19, total, grain);
}

/** dlogits = scale[0] / divisor (softmax - onehot), and 0 for ignored rows. range: rows */
export function crossEntropyBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    logits: Operand;
    targets: Operand;
    lse: Operand;
    scale: Operand;
    dlogits: Operand;
  },
  numbers: {
    divisor: number;
    V: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.logits.pointer;
  slots[1] = operands.targets.pointer;
  slots[2] = operands.lse.pointer;
  slots[3] = operands.scale.pointer;
  slots[4] = operands.dlogits.pointer;
  slots[5] = numbers.divisor;
  slots[6] = numbers.V;
  device.run(20, total, grain);
}
