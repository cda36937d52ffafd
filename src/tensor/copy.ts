/** Copies, sums and fills over tensors whose rows may lie apart. */
import type { Device } from '../backend/device.ts';
import type { Tensor } from './tensor.ts';

const rowsAtOnce = (width: number) => Math.max(1, Math.ceil(16384 / Math.max(1, width)));

export function copyInto(from: Tensor, to: Tensor): void {
  const { rows, width } = from;
  if (rows)
    deviceOf(to).run(
      'copy_rows',
      rows,
      rowsAtOnce(width),
      from.pointer,
      to.pointer,
      width,
      from.rowStride,
      to.rowStride,
    );
}

export function addInto(from: Tensor, to: Tensor): void {
  const { rows, width } = from;
  if (rows)
    deviceOf(to).run(
      'accumulate_rows',
      rows,
      rowsAtOnce(width),
      from.pointer,
      to.pointer,
      width,
      from.rowStride,
      to.rowStride,
    );
}

export function fill(to: Tensor, value: number): void {
  const { rows, width } = to;
  if (rows) deviceOf(to).run('fill_rows', rows, rowsAtOnce(width), to.pointer, value, width, to.rowStride);
}

const deviceOf = (tensor: Tensor): Device => tensor.backend.device;
