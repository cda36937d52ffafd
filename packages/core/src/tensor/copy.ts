/** Copies, sums and fills over tensors whose rows may lie apart. */
import type { Tensor } from './tensor.ts';

const rowsAtOnce = (width: number) => Math.max(1, Math.ceil(16384 / Math.max(1, width)));

export const copyInto = (from: Tensor, to: Tensor): void => rowByRow('copy_rows', from, to);
export const addInto = (from: Tensor, to: Tensor): void => rowByRow('accumulate_rows', from, to);

export function fill(to: Tensor, value: number): void {
  const { rows, width } = to;
  if (rows) to.backend.device.run('fill_rows', rows, rowsAtOnce(width), to.pointer, value, width, to.rowStride);
}

function rowByRow(kernel: 'copy_rows' | 'accumulate_rows', from: Tensor, to: Tensor): void {
  const { rows, width } = from;
  if (!rows) return;
  const { device } = to.backend;
  device.run(kernel, rows, rowsAtOnce(width), from.pointer, to.pointer, width, from.rowStride, to.rowStride);
}
