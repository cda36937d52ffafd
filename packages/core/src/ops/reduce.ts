/** Sums and means over axes. */
import { scaleAdd } from '../backend/kernels/elementwise.ts';
import { reduceSum, reduceUnits, sumParts } from '../backend/kernels/reduce.ts';
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import { type Shape, sameShape, show, Tensor } from '../tensor/tensor.ts';
import { runBinary } from './broadcast.ts';
import { requireTensor } from './check.ts';
import { contiguous } from './shape.ts';

const PART = 4096;

/**
 * Sum over everything, a scalar of shape [], or over the given axes, which disappear. A negative axis counts from the
 * last one. Throws a UsageError for an axis that a does not have.
 *
 *   sum(a);          // []
 *   sum(a, [0]);     // of a (2, 3): (3)
 */
export function sum(a: Tensor, axes?: readonly number[]): Tensor {
  return reduce('sum', a, axes, () => 1);
}

/** As sum, divided by the number of values that are summed. */
export function mean(a: Tensor, axes?: readonly number[]): Tensor {
  return reduce('mean', a, axes, (count) => 1 / count);
}

function reduce(
  name: string,
  a: Tensor,
  axes: readonly number[] | undefined,
  scaleOf: (count: number) => number,
): Tensor {
  requireTensor(name, 'a', a);
  if (axes !== undefined && !Array.isArray(axes)) {
    throw new UsageError(name, `axes is ${typeof axes}, expected a list such as [0], or nothing for all axes.`);
  }
  const gone = new Set((axes ?? a.shape.map((_, i) => i)).map((axis) => (axis < 0 ? axis + a.shape.length : axis)));
  for (const axis of gone) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= a.shape.length) {
      throw new UsageError(name, `axis ${axis}, expected one of the ${a.shape.length} axes of ${show(a.shape)}.`);
    }
  }
  const kept = a.shape.map((d, i) => (gone.has(i) ? 1 : d));
  const shape = a.shape.filter((_, i) => !gone.has(i));
  const y = sumTo(contiguous(a), kept, scaleOf(a.shape.reduce((n, d, i) => (gone.has(i) ? n * d : n), 1)));
  const result = new Tensor(y.storage, shape);
  record({
    name,
    inputs: [a],
    outputs: [result],
    backward: ([grad]) => {
      if (!grad) return [];
      const scale = scaleOf(a.size / Math.max(1, result.size));
      return [broadcastTo(grad, kept, a.shape, scale)];
    },
  });
  return result;
}

/** x summed to `shape`, whose axes are those of x or 1; missing ones lead. The gradient of a broadcast. */
export function sumTo(x: Tensor, shape: Shape, scale = 1): Tensor {
  const target = [...new Array(x.shape.length - shape.length).fill(1), ...shape];
  const result = sumGroups(x, groupAxes(x.shape, target), scale);
  return sameShape(result.shape, shape) ? result : new Tensor(result.storage, shape);
}

/** Sum over all rows: (…, N) to (N). */
export function sumRows(x: Tensor): Tensor {
  const rows = contiguous(x);
  return sumGroups(
    rows,
    [
      { size: rows.rows, kept: false },
      { size: rows.width, kept: true },
    ],
    1,
  );
}

interface Group {
  size: number;
  kept: boolean;
}

/** Neighbouring axes that are all kept, or all summed, as one. */
function groupAxes(shape: Shape, target: Shape): Group[] {
  const groups: Group[] = [];
  shape.forEach((size, i) => {
    if (size === 1) return;
    const kept = target[i] === size;
    const last = groups.at(-1);
    if (last && last.kept === kept) last.size *= size;
    else groups.push({ size, kept });
  });
  return groups;
}

function sumGroups(x: Tensor, groups: Group[], scale: number): Tensor {
  const { device } = x.backend;
  const keptGroups = groups.filter((group) => group.kept);
  const summed = groups.filter((group) => !group.kept);
  if (keptGroups.length > 2 || summed.length > 3) {
    // One axis at a time, the last first.
    const last = groups.findLastIndex((group) => !group.kept);
    const first = sumGroups(x, mergeNeighbours(groups.map((group, i) => ({ size: group.size, kept: i !== last }))), 1);
    const rest = groups.filter((_, i) => i !== last);
    return sumGroups(first, mergeNeighbours(rest), scale);
  }
  if (keptGroups.length === 0 && summed.length <= 1) return sumAll(x, scale);
  let stride = x.size;
  const strides = groups.map((group) => (stride /= group.size));
  const strideOf = (group: Group | undefined) => (group ? strides[groups.indexOf(group)] : 0);
  const [outer, inner] = keptGroups.length === 2 ? keptGroups : [undefined, keptGroups[0]];
  const K0 = outer?.size ?? 1;
  const K1 = inner?.size ?? 1;
  const [r2, r1, r0] = [...summed].reverse();
  const y = x.backend.empty([K0 * K1]);
  const [k0, k1] = [strideOf(outer), strideOf(inner)];
  const units = reduceUnits(device, { K0, K1, k1 });
  const grain = Math.max(1, Math.ceil((PART * units) / Math.max(1, x.size)));
  const numbers = {
    scale,
    K1,
    k0,
    k1,
    R0: r0?.size ?? 1,
    R1: r1?.size ?? 1,
    R2: r2?.size ?? 1,
    r0: strideOf(r0),
    r1: strideOf(r1),
    r2: strideOf(r2),
  };
  reduceSum(device, units, grain, { x, y }, numbers);
  return y;
}

function mergeNeighbours(groups: Group[]): Group[] {
  const merged: Group[] = [];
  for (const group of groups) {
    const last = merged.at(-1);
    if (last && last.kept === group.kept) last.size *= group.size;
    else merged.push({ ...group });
  }
  return merged;
}

/** The sum of everything, in a fixed order, part by part. */
function sumAll(x: Tensor, scale: number): Tensor {
  const { device } = x.backend;
  let parts = x;
  while (parts.size > 1) {
    const count = Math.ceil(parts.size / PART);
    const next = x.backend.empty([count]);
    sumParts(device, count, 4, { x: parts, parts: next }, { n: parts.size, size: PART, squares: false });
    parts = next;
  }
  // The mean of nothing is 0 · ∞ = NaN, its sum 0.
  if (x.size === 0) return x.backend.full([1], 0 * scale);
  const result = x.backend.empty([1]);
  scaleAdd(device, 1, 1, { x: parts, y: result }, { scale, offset: 0 });
  return result;
}

/** grad, of shape `kept` (summed axes 1), repeated over `shape` and scaled. */
function broadcastTo(grad: Tensor, kept: Shape, shape: Shape, scale: number): Tensor {
  const rows = contiguous(grad);
  let y = new Tensor(rows.storage, kept, 'f32', rows.offset);
  let factor = scale;
  // Few axes at a time: runBinary takes four that alternate.
  const axes = kept.flatMap((d, i) => (d === shape[i] ? [] : [i]));
  const steps = groupAxes(shape, kept).length > 4 ? axes.map((axis) => axes.filter((other) => other <= axis)) : [axes];
  for (const done of steps) {
    const next = grad.backend.empty(kept.map((d, i) => (done.includes(i) ? shape[i] : d)));
    runBinary('mul', y, grad.backend.full([], factor), next);
    y = next;
    factor = 1;
  }
  return y;
}
