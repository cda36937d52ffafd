// Written by scripts/kernels.mjs from kernels/probe.cpp.
import type { Device, Operand } from '../device.ts';

/** Floats of one unit of probe_read. */
export const PROBE_BLOCK = 2048;

/** Exponentials of one unit of probe_exp. */
export const PROBE_EXPS = 1024;

/** Floating-point operations of one step of probe_fma. */
export function probeFlops(device: Device): number {
  return device.call('probe_flops');
}

/** Independent chains of multiply-adds, `steps` long. range: repetitions */
export function probeFma(
  device: Device,
  total: number,
  grain: number,
  operands: {
    sink: Operand;
  },
  numbers: {
    steps: number;
  },
): void {
  const { slots } = device;
  slots[0] = operands.sink.pointer;
  slots[1] = numbers.steps;
  device.run(35, total, grain);
}

/** A plain read of x, in two streams, which suit the prefetchers of the memory. range: blocks of PROBE_BLOCK */
export function probeRead(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Operand;
    sink: Operand;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  slots[1] = operands.sink.pointer;
  device.run(36, total, grain);
}

/** exp over the same PROBE_EXPS floats again and again; the results follow them. range: repetitions */
export function probeExp(
  device: Device,
  total: number,
  grain: number,
  operands: {
    x: Operand;
  },
): void {
  const { slots } = device;
  slots[0] = operands.x.pointer;
  device.run(37, total, grain);
}
