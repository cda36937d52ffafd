/** Binary kernels over broadcast shapes: axes that broadcast alike are merged, at most four remain. */
import { UsageError } from '../errors.ts';
import { type Shape, show, type Tensor } from '../tensor/tensor.ts';

/** The order is the one of `Binary` in kernels/elementwise.cpp. */
const binaryOps = ['add', 'sub', 'mul', 'div'] as const;
export type BinaryOp = (typeof binaryOps)[number];

/** NumPy's rule: axes align at the right; equal, or 1 on one side. */
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

/** y = a op b; a and b contiguous, y of their broadcast shape. */
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
    return list as [number, number, number, number];
  };
  const [n0, n1, n2, n3] = groups.map((group) => group.size);
  const grain = Math.max(1, Math.ceil(16384 / n3));
  y.backend.device.run(
    'binary',
    n0 * n1 * n2,
    grain,
    binaryOps.indexOf(op),
    a.pointer,
    b.pointer,
    y.pointer,
    n1,
    n2,
    n3,
    ...strides('a'),
    ...strides('b'),
  );
}
