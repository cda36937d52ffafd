// Written by scripts/kernels.mjs from kernels/quantile.cpp.
import type { Device, Operand } from '../device.ts';

/**
 * With m = Q / 2:  q[m] = x[m] + sum_j gate_j candidate_j,  q[m±i] = q[m±(i-1)] ± softplus(x[m±i] + offset[m±i]).
 * raw: (T, J + Q P), the gates before x (Q, P)   candidates: (T, J, P)   offset: (Q)   q: (T, Q, P)   range: T
 */
export function quantileForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    raw: Operand;
    candidates: Operand;
    offset: Operand;
    q: Operand;
  },
  numbers: {
    J: number;
    Q: number;
    P: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.raw.pointer;
  slots[1] = operands.candidates.pointer;
  slots[2] = operands.offset.pointer;
  slots[3] = operands.q.pointer;
  slots[4] = numbers.J;
  slots[5] = numbers.Q;
  slots[6] = numbers.P;
  device.run(38, total, grain);
}

/** dq: (T, Q, P)   draw: as raw. No gradient goes to the candidates. range: T */
export function quantileBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    raw: Operand;
    candidates: Operand;
    offset: Operand;
    dq: Operand;
    draw: Operand;
  },
  numbers: {
    J: number;
    Q: number;
    P: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.raw.pointer;
  slots[1] = operands.candidates.pointer;
  slots[2] = operands.offset.pointer;
  slots[3] = operands.dq.pointer;
  slots[4] = operands.draw.pointer;
  slots[5] = numbers.J;
  slots[6] = numbers.Q;
  slots[7] = numbers.P;
  device.run(39, total, grain);
}

/**
 * losses[t] = weight[t] times the mean over p, q of max(tau (y - q), (tau - 1) (y - q)), which is 0 for a target of
 * NaN. q: (T, Q, P)   y: (T, P)   weight: (T)   tau: (Q)   range: T
 */
export function pinballForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    q: Operand;
    y: Operand;
    weight: Operand;
    tau: Operand;
    losses: Operand;
  },
  numbers: {
    Q: number;
    P: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.q.pointer;
  slots[1] = operands.y.pointer;
  slots[2] = operands.weight.pointer;
  slots[3] = operands.tau.pointer;
  slots[4] = operands.losses.pointer;
  slots[5] = numbers.Q;
  slots[6] = numbers.P;
  device.run(40, total, grain);
}

/** dq = scale[0] weight (1[y < q] - tau) / (Q P), and 0 where y is NaN. range: T */
export function pinballBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    q: Operand;
    y: Operand;
    weight: Operand;
    tau: Operand;
    scale: Operand;
    dq: Operand;
  },
  numbers: {
    Q: number;
    P: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.q.pointer;
  slots[1] = operands.y.pointer;
  slots[2] = operands.weight.pointer;
  slots[3] = operands.tau.pointer;
  slots[4] = operands.scale.pointer;
  slots[5] = operands.dq.pointer;
  slots[6] = numbers.Q;
  slots[7] = numbers.P;
  device.run(41, total, grain);
}
