/** Copies, sums and fills over tensors whose rows may be apart. */
import { accumulateRows } from '../backend/kernels/elementwise.ts';
import { copyRows, fillRows } from '../backend/kernels/memory.ts';
import type { Tensor } from './tensor.ts';

const grainOf = (width: number) => Math.max(1, Math.ceil(16384 / Math.max(1, width)));

/** to = from, of one shape. */
export function copyInto(from: Tensor, to: Tensor): void {
  const { rows, width, backend } = from;
  copyRows(backend.device, rows, grainOf(width), { from, to }, { width });
}

/** to += from, of one shape. */
export function addInto(from: Tensor, to: Tensor): void {
  const { rows, width, backend } = from;
  accumulateRows(backend.device, rows, grainOf(width), { x: from, y: to }, { width });
}

/** to = value. */
export function fill(to: Tensor, value: number): void {
  const { rows, width, backend } = to;
  fillRows(backend.device, rows, grainOf(width), { to }, { value, width });
}
