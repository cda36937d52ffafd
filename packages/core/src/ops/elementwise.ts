/** Functions of one element, and of two with broadcasting. */
import { UsageError } from '../errors.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { sameShape, type Tensor } from '../tensor/tensor.ts';
import { type BinaryOp, broadcastShape, runBinary } from './broadcast.ts';
import { requireOneBackend, requireTensor } from './check.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

/** The order is the one of `Unary` in kernels/elementwise.cpp. */
const unaryOps = [
  'neg',
  'exp',
  'log',
  'sqrt',
  'square',
  'reciprocal',
  'sigmoid',
  'silu',
  'softplus',
  'tanh',
  'gelu',
  'geluTanh',
  'relu',
] as const;
type UnaryOp = (typeof unaryOps)[number];
const GRAIN = 4096;

function unary(op: UnaryOp, x: Tensor): Tensor {
  requireTensor(op, 'x', x);
  const input = contiguous(x);
  const code = unaryOps.indexOf(op);
  const { device } = input.backend;
  const y = input.backend.empty(input.shape);
  if (y.size) device.run('unary', y.size, GRAIN, code, input.pointer, 0, y.pointer);
  record({
    name: op,
    inputs: [input],
    outputs: [y],
    backward: ([grad]) => {
      if (!grad) return [];
      const dy = contiguous(grad);
      const dx = input.backend.empty(input.shape);
      if (dx.size) device.run('unary', dx.size, GRAIN, code, input.pointer, dy.pointer, dx.pointer);
      return [dx];
    },
  });
  return y;
}

export const neg = (x: Tensor): Tensor => unary('neg', x);
export const exp = (x: Tensor): Tensor => unary('exp', x);
export const log = (x: Tensor): Tensor => unary('log', x);
export const sqrt = (x: Tensor): Tensor => unary('sqrt', x);
export const square = (x: Tensor): Tensor => unary('square', x);
export const reciprocal = (x: Tensor): Tensor => unary('reciprocal', x);
export const sigmoid = (x: Tensor): Tensor => unary('sigmoid', x);
/** x · sigmoid(x) */
export const silu = (x: Tensor): Tensor => unary('silu', x);
/** log(1 + exp(x)), linear above 20 */
export const softplus = (x: Tensor): Tensor => unary('softplus', x);
export const tanh = (x: Tensor): Tensor => unary('tanh', x);
export const relu = (x: Tensor): Tensor => unary('relu', x);
/** x · Φ(x), exact or by the tanh approximation; official: torch.nn.functional.gelu */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  if (approximate !== 'none' && approximate !== 'tanh') {
    throw new UsageError('gelu', `approximate is ${approximate}, expected 'none' or 'tanh'.`);
  }
  return unary(approximate === 'tanh' ? 'geluTanh' : 'gelu', x);
}

function binary(
  op: BinaryOp,
  a: Tensor,
  b: Tensor,
  backward: (dy: Tensor, a: Tensor, b: Tensor) => [() => Tensor, () => Tensor],
): Tensor {
  requireTensor(op, 'a', a);
  requireTensor(op, 'b', b);
  requireOneBackend(op, [a, b]);
  const shape = broadcastShape(op, a.shape, b.shape);
  const left = contiguous(a);
  const right = contiguous(b);
  const y = left.backend.empty(shape);
  runBinary(op, left, right, y);
  if (!isTracked(left, right)) return y;
  const back = (grad: Tensor, input: Tensor) =>
    sameShape(grad.shape, input.shape) ? grad : sumTo(contiguous(grad), input.shape);
  record({
    name: op,
    inputs: [left, right],
    outputs: [y],
    backward: ([grad], to) => {
      if (!grad) return [];
      const [da, db] = backward(contiguous(grad), left, right);
      return [to.wants(left) ? back(da(), left) : undefined, to.wants(right) ? back(db(), right) : undefined];
    },
  });
  return y;
}

const plain = (op: BinaryOp, a: Tensor, b: Tensor): Tensor => {
  const y = a.backend.empty(broadcastShape(op, a.shape, b.shape));
  runBinary(op, a, b, y);
  return y;
};
const negated = (x: Tensor): Tensor => plain('mul', x, x.backend.full([], -1));

/** a + b, with broadcasting. */
export const add = (a: Tensor, b: Tensor): Tensor => binary('add', a, b, (dy) => [() => dy, () => dy]);
/** a − b, with broadcasting. */
export const sub = (a: Tensor, b: Tensor): Tensor => binary('sub', a, b, (dy) => [() => dy, () => negated(dy)]);
/** a · b, element by element, with broadcasting. */
export const mul = (a: Tensor, b: Tensor): Tensor =>
  binary('mul', a, b, (dy, left, right) => [() => plain('mul', dy, right), () => plain('mul', dy, left)]);
/** a / b, with broadcasting. */
export const div = (a: Tensor, b: Tensor): Tensor =>
  binary('div', a, b, (dy, left, right) => [
    () => plain('div', dy, right),
    () => negated(plain('div', plain('mul', dy, left), plain('mul', right, right))),
  ]);
