// Written by scripts/kernels.mjs from kernels/mamba3.cpp.
import type { Device } from '../device.ts';

/** Ranks that the recurrence holds in registers. */
export const MAX_RANK = 16;

/** Floats of scratch that one unit of mamba3_forward or mamba3_backward needs. */
export function mamba3Scratch(device: Device, args: { N: number; P: number; T: number; R: number }): number {
  return device.call('mamba3_scratch', args.N, args.P, args.T, args.R);
}
