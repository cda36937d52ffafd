// Written by scripts/kernels.mjs from kernels/attention.cpp and kernels/attention.h.
import type { Device, Operand, Rows } from '../device.ts';

/** Floats of one packed tile of heads of P channels. */
export function attentionTile(device: Device, args: { P: number }): number {
  return device.call('attention_tile', args.P);
}

/**
 * Packs the keys and values of the cache. packed: (B, G, tiles, KEYS (P + P')), P' = P in whole strips
 * finite: (B, G, tiles), 0 where some value of the tile is not finite   range: B * G * tiles
 */
export function attentionPack(
  device: Device,
  total: number,
  grain: number,
  operands: {
    kv: Operand;
    place: Operand;
    lengths: Operand | undefined;
    packed: Operand;
    finite: Operand;
  },
  numbers: {
    B: number;
    L: number;
    G: number;
    P: number;
    tiles: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.kv.pointer;
  slots[1] = operands.place.pointer;
  slots[2] = operands.lengths?.pointer ?? 0;
  slots[3] = operands.packed.pointer;
  slots[4] = operands.finite.pointer;
  slots[5] = numbers.B;
  slots[6] = numbers.L;
  slots[7] = numbers.G;
  slots[8] = numbers.P;
  slots[9] = numbers.tiles;
  device.run(0, total, grain);
}

/** out, from the packed tiles. lse: (B, H, L), log Σ exp of the scores   range: B * H * ceil(L / QUERIES) */
export function attentionForward(
  device: Device,
  total: number,
  grain: number,
  operands: {
    q: Rows;
    packed: Operand;
    finite: Operand;
    place: Operand;
    age: Operand | undefined;
    lengths: Operand | undefined;
    out: Operand;
    lse: Operand | undefined;
  },
  numbers: {
    L: number;
    H: number;
    G: number;
    P: number;
    tiles: number;
    window: number;
    scale: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.q.pointer;
  slots[1] = operands.packed.pointer;
  slots[2] = operands.finite.pointer;
  slots[3] = operands.place.pointer;
  slots[4] = operands.age?.pointer ?? 0;
  slots[5] = operands.lengths?.pointer ?? 0;
  slots[6] = operands.out.pointer;
  slots[7] = operands.lse?.pointer ?? 0;
  slots[8] = numbers.L;
  slots[9] = numbers.H;
  slots[10] = numbers.G;
  slots[11] = numbers.P;
  slots[12] = numbers.tiles;
  slots[13] = numbers.window;
  slots[14] = operands.q.rowStride;
  slots[15] = numbers.scale;
  device.run(1, total, grain);
}

/** Queries of one tile. */
export const QUERIES = 64;

/** Keys of one tile. */
export const KEYS = 64;

/** The most channels of a head: what a tile needs fits on the stack. */
export const MAX_HEAD = 256;
