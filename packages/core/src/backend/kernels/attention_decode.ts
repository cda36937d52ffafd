// Written by scripts/kernels.mjs from kernels/attention_decode.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Steps of the cache that one unit reads. */
export const STRETCH = 256;

/** Queries of a row. */
export const MAX_FEW = 8;

/** Floats of one stretch in `parts`. */
export function attentionStretch(device: Device, args: { L: number; H: number; P: number }): number {
  return device.call('attention_stretch', args.L, args.H, args.P);
}

/** The softmax of each stretch. parts: (B, stretches, attention_stretch(L, H, P))   range: B * stretches */
export function attentionDecode(
  device: Device,
  total: number,
  grain: number,
  operands: {
    q: Rows;
    kv: Operand;
    place: Operand;
    age: Operand | undefined;
    lengths: Operand | undefined;
    parts: Operand;
  },
  numbers: {
    B: number;
    L: number;
    H: number;
    G: number;
    P: number;
    stretches: number;
    window: number;
    scale: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.q.pointer;
  slots[1] = operands.kv.pointer;
  slots[2] = operands.place.pointer;
  slots[3] = operands.age?.pointer ?? 0;
  slots[4] = operands.lengths?.pointer ?? 0;
  slots[5] = operands.parts.pointer;
  slots[6] = numbers.B;
  slots[7] = numbers.L;
  slots[8] = numbers.H;
  slots[9] = numbers.G;
  slots[10] = numbers.P;
  slots[11] = numbers.stretches;
  slots[12] = numbers.window;
  slots[13] = operands.q.rowStride;
  slots[14] = numbers.scale;
  device.run(3, total, grain);
}

/** out and lse from the stretches. range: B * L * H */
export function attentionCombine(
  device: Device,
  total: number,
  grain: number,
  operands: {
    parts: Operand;
    lengths: Operand | undefined;
    out: Operand;
    lse: Operand | undefined;
  },
  numbers: {
    L: number;
    H: number;
    G: number;
    P: number;
    stretches: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.parts.pointer;
  slots[1] = operands.lengths?.pointer ?? 0;
  slots[2] = operands.out.pointer;
  slots[3] = operands.lse?.pointer ?? 0;
  slots[4] = numbers.L;
  slots[5] = numbers.H;
  slots[6] = numbers.G;
  slots[7] = numbers.P;
  slots[8] = numbers.stretches;
  device.run(4, total, grain);
}
