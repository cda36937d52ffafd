/** Views (reshape, split: no copy) and copies (contiguous, transposeLast). */
import { transpose } from '../backend/kernels/memory.ts';
import { UsageError } from '../errors.ts';
import { copyInto } from '../tensor/copy.ts';
import { record, recordViews } from '../tensor/tape.ts';
import { checkShape, product, type Shape, sameShape, show, Tensor } from '../tensor/tensor.ts';
import { requireTensor } from './check.ts';

/**
 * The same values under another shape, as a view. A slice whose last axis changes is copied first.
 * Throws a UsageError where the shape holds another number of values.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  requireTensor('reshape', 'x', x, 'any');
  checkShape('reshape', shape);
  if (product(shape) !== x.size) {
    throw new UsageError(
      'reshape',
      `${show(shape)} holds ${product(shape)} values, expected ${x.size}, as ${show(x.shape)} does.`,
    );
  }
  if (sameShape(shape, x.shape)) return x;
  const sameRows = (shape.at(-1) ?? 1) === x.width;
  const base = sameRows ? x : contiguous(x);
  const view = new Tensor(base.storage, shape, base.dtype, base.offset, sameRows ? base.rowStride : undefined, base);
  recordViews(base, [view]);
  return view;
}

/**
 * Parts of the last axis, as views. `sizes` are the sizes of the parts, or the number of equal parts.
 *
 *   const [x, z] = split(both, 2);
 *   const [dt, B, C] = split(all, [dtRank, dState, dState]);
 *
 * Throws a UsageError where the sizes do not sum to the last axis.
 */
export function split(x: Tensor, sizes: readonly number[] | number): Tensor[] {
  requireTensor('split', 'x', x, 'any');
  if (typeof sizes === 'number' && !(Number.isInteger(sizes) && sizes >= 1 && x.width % sizes === 0)) {
    throw new UsageError(
      'split',
      `${sizes} parts, expected a divisor of ${x.width}, the last axis of ${show(x.shape)}.`,
    );
  }
  const widths = typeof sizes === 'number' ? new Array<number>(sizes).fill(x.width / sizes) : sizes;
  const total = widths.reduce((sum, width) => sum + width, 0);
  if (total !== x.width || !widths.every((width) => Number.isInteger(width) && width >= 0)) {
    throw new UsageError(
      'split',
      `parts of ${widths.join(' + ')}, expected whole numbers that sum to ${x.width}, the last axis of ${show(x.shape)}.`,
    );
  }
  let column = 0;
  const views = widths.map((width) => {
    const shape = [...x.shape.slice(0, -1), width];
    const view = new Tensor(x.storage, shape, x.dtype, x.offset + 4 * column, x.rowStride, x);
    column += width;
    return view;
  });
  recordViews(x, views);
  return views;
}

/** x itself where its rows follow each other in memory, otherwise a copy whose rows do. */
export function contiguous(x: Tensor): Tensor {
  if (x.isContiguous) return x;
  const copy = x.backend.empty(x.shape, x.dtype);
  copyInto(x, copy);
  record({ name: 'contiguous', inputs: [x], outputs: [copy], backward: ([grad]) => [grad] });
  return copy;
}

/** A copy with the last two axes swapped: (…, R, C) to (…, C, R). Throws a UsageError for fewer than two axes. */
export function transposeLast(x: Tensor): Tensor {
  requireTensor('transposeLast', 'x', x, 'any');
  if (x.shape.length < 2) throw new UsageError('transposeLast', `x is ${show(x.shape)}, expected at least 2 axes.`);
  const input = contiguous(x);
  const y = transposed(input);
  record({
    name: 'transposeLast',
    inputs: [input],
    outputs: [y],
    backward: ([grad]) => [grad && transposed(contiguous(grad))],
  });
  return y;
}

function transposed(x: Tensor): Tensor {
  const R = x.shape.at(-2) as number;
  const C = x.width;
  const y = x.backend.empty([...x.shape.slice(0, -2), C, R], x.dtype);
  if (x.size) transpose(x.backend.device, x.size / R, 256, { from: x, to: y }, { R, C });
  return y;
}
