// Written by scripts/kernels.mjs from kernels/all.cpp.
import type { Device } from '../device.ts';

export function lanes(device: Device): number {
  return device.call('lanes');
}
