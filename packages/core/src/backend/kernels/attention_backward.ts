// Written by scripts/kernels.mjs from kernels/attention_backward.cpp.
import type { Device, Operand, Rows } from '../device.ts';

/** Floats of scratch that one unit needs, for n steps: keys, their gradients and those of the values. */
export function attentionScratch(device: Device, args: { n: number; P: number }): number {
  return device.call('attention_scratch', args.n, args.P);
}

/**
 * n: steps of the longest sequence   dout: (B, L, H, P)   dkv: (H / G, rows, B, 2, G, P): the caller sums over the
 * first axis   scratch: attention_scratch(n, P) floats for each unit   range: B * H
 */
export function attentionBackward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    q: Rows;
    kv: Operand;
    place: Operand;
    age: Operand | undefined;
    lengths: Operand | undefined;
    out: Operand;
    lse: Operand;
    dout: Operand;
    dq: Rows;
    dkv: Operand;
    scratch: Operand;
  },
  numbers: {
    B: number;
    L: number;
    H: number;
    G: number;
    P: number;
    n: number;
    rows: number;
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
  slots[5] = operands.out.pointer;
  slots[6] = operands.lse.pointer;
  slots[7] = operands.dout.pointer;
  slots[8] = operands.dq.pointer;
  slots[9] = operands.dkv.pointer;
  slots[10] = operands.scratch.pointer;
  slots[11] = numbers.B;
  slots[12] = numbers.L;
  slots[13] = numbers.H;
  slots[14] = numbers.G;
  slots[15] = numbers.P;
  slots[16] = numbers.n;
  slots[17] = numbers.rows;
  slots[18] = numbers.window;
  slots[19] = operands.q.rowStride;
  slots[20] = operands.dq.rowStride;
  slots[21] = numbers.scale;
  device.run(2, total, grain);
}
