/** Functions of one element, and of two with broadcasting. */
import { Unary, unary } from '../backend/kernels/elementwise.ts';
import { UsageError } from '../errors.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { sameShape, type Tensor } from '../tensor/tensor.ts';
import { type BinaryOp, broadcastShape, runBinary } from './broadcast.ts';
import { requireOneBackend, requireTensor } from './check.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

type UnaryOp = keyof typeof Unary;
const GRAIN = 4096;

function ofOne(op: UnaryOp, tensor: Tensor): Tensor {
  requireTensor(op, 'x', tensor);
  const x = contiguous(tensor);
  const { backend, size } = x;
  const y = backend.empty(x.shape);
  unary(backend.device, size, GRAIN, { x, dy: undefined, y }, { op: Unary[op] });
  record({
    name: op,
    inputs: [x],
    outputs: [y],
    backward: ([grad]) => {
      if (!grad) return [];
      const dx = backend.empty(x.shape);
      unary(backend.device, size, GRAIN, { x, dy: contiguous(grad), y: dx }, { op: Unary[op] });
      return [dx];
    },
  });
  return y;
}

/** −x */
export const neg = (x: Tensor): Tensor => ofOne('neg', x);
/** eˣ */
export const exp = (x: Tensor): Tensor => ofOne('exp', x);
/** The natural logarithm. */
export const log = (x: Tensor): Tensor => ofOne('log', x);
/** √x */
export const sqrt = (x: Tensor): Tensor => ofOne('sqrt', x);
/** x² */
export const square = (x: Tensor): Tensor => ofOne('square', x);
/** 1 / x */
export const reciprocal = (x: Tensor): Tensor => ofOne('reciprocal', x);
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = (x: Tensor): Tensor => ofOne('sigmoid', x);
/** x · sigmoid(x) */
export const silu = (x: Tensor): Tensor => ofOne('silu', x);
/** log(1 + eˣ), x itself above 20. */
export const softplus = (x: Tensor): Tensor => ofOne('softplus', x);
/** The hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => ofOne('tanh', x);
/** The larger of x and 0. */
export const relu = (x: Tensor): Tensor => ofOne('relu', x);

/**
 * x · Φ(x), exact or by the tanh approximation. Default: 'none', exact. Official: torch.nn.functional.gelu.
 * Throws a UsageError for another value of `approximate`.
 */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  if (approximate !== 'none' && approximate !== 'tanh') {
    throw new UsageError('gelu', `approximate is ${approximate}, expected 'none' or 'tanh'.`);
  }
  return ofOne(approximate === 'tanh' ? 'geluTanh' : 'gelu', x);
}

function ofTwo(
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

/**
 * a + b. Shapes broadcast as NumPy's do: (2, 3) and (3) give (2, 3). Throws a UsageError for shapes that do not;
 * so do sub, mul and div.
 */
export const add = (a: Tensor, b: Tensor): Tensor => ofTwo('add', a, b, (dy) => [() => dy, () => dy]);
/** a − b, with broadcasting. */
export const sub = (a: Tensor, b: Tensor): Tensor => ofTwo('sub', a, b, (dy) => [() => dy, () => negated(dy)]);
/** a · b, element by element, with broadcasting. */
export const mul = (a: Tensor, b: Tensor): Tensor =>
  ofTwo('mul', a, b, (dy, left, right) => [() => plain('mul', dy, right), () => plain('mul', dy, left)]);
/** a / b, with broadcasting. */
export const div = (a: Tensor, b: Tensor): Tensor =>
  ofTwo('div', a, b, (dy, left, right) => [
    () => plain('div', dy, right),
    () => negated(plain('div', plain('mul', dy, left), plain('mul', right, right))),
  ]);
