/** Binary kernels over broadcast shapes: neighbouring axes that broadcast the same way count as one. */
import { Binary, binary } from '../backend/kernels/elementwise.ts';
import { UsageError } from '../errors.ts';
import { type Shape, show, type Tensor } from '../tensor/tensor.ts';

export type BinaryOp = keyof typeof Binary;

/** NumPy's rule: axes align at the right, and are equal, or 1 on one side. Throws a UsageError otherwise. */
export function broadcastShape(operation: string, a: Shape, b: Shape): Shape {
  const axes = Math.max(a.length, b.length);
  return Array.from({ length: axes }, (_, i) => {
    const da = a[a.length - axes + i] ?? 1;
    const db = b[b.length - axes + i] ?? 1;
    if (da !== db && da !== 1 && db !== 1) {
      throw new UsageError(
        operation,
        `shapes ${show(a)} and ${show(b)} do not broadcast: ${da} meets ${db}. Make the axes equal, or one of them 1.`,
      );
    }
    return da === 1 ? db : da;
  });
}

/** y = a op b; a and b contiguous, y of their broadcast shape. At most four groups of axes may alternate. */
export function runBinary(op: BinaryOp, a: Tensor, b: Tensor, y: Tensor): void {
  if (y.size === 0) return;
  const groups: { size: number; a: boolean; b: boolean }[] = [];
  const axes = y.shape.length;
  y.shape.forEach((size, i) => {
    if (size === 1) return;
    const inA = (a.shape[a.shape.length - axes + i] ?? 1) !== 1;
    const inB = (b.shape[b.shape.length - axes + i] ?? 1) !== 1;
    const last = groups.at(-1);
    if (last && last.a === inA && last.b === inB) last.size *= size;
    else groups.push({ size, a: inA, b: inB });
  });
  if (groups.length > 4) {
    throw new UsageError(
      op,
      `shapes ${show(a.shape)} and ${show(b.shape)} broadcast along ${groups.length} alternating axes, expected at most 4. Reshape first.`,
    );
  }
  while (groups.length < 4) groups.unshift({ size: 1, a: false, b: false });
  const strides = (side: 'a' | 'b') => {
    let stride = 1;
    const list = groups.map(() => 0);
    for (let i = 3; i >= 0; i--) {
      if (!groups[i][side]) continue;
      list[i] = stride;
      stride *= groups[i].size;
    }
    return list;
  };
  const [n0, n1, n2, n3] = groups.map((group) => group.size);
  const [a0, a1, a2, a3] = strides('a');
  const [b0, b1, b2, b3] = strides('b');
  const grain = Math.max(1, Math.ceil(16384 / n3));
  const numbers = { op: Binary[op], n1, n2, n3, a0, a1, a2, a3, b0, b1, b2, b3 };
  binary(y.backend.device, n0 * n1 * n2, grain, { a, b, y }, numbers);
}
