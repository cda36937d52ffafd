/** Checks shared by the operations. Each failure says which tensor, what was got, what is expected and what to do. */
import { UsageError } from '../errors.ts';
import { type DType, type Shape, sameShape, show, Tensor } from '../tensor/tensor.ts';

/** Refuses a value that is not a tensor, or not one of f32 unless `dtype` says otherwise. */
export function requireTensor(
  operation: string,
  name: string,
  value: unknown,
  dtype: DType | 'any' = 'f32',
): asserts value is Tensor {
  const how = dtype === 'i32' ? 'backend.ints(data, shape)' : 'backend.tensor(data, shape)';
  if (!(value instanceof Tensor)) {
    const got = value === null ? 'null' : typeof value;
    throw new UsageError(operation, `${name} is ${got}, expected a Tensor. Make one with ${how}.`);
  }
  if (dtype !== 'any' && value.dtype !== dtype) {
    throw new UsageError(
      operation,
      `${name} ${show(value.shape)} is ${value.dtype}, expected ${dtype}. Make it with ${how}.`,
    );
  }
}

/** Refuses a tensor of another shape; `why` says what the expected one follows from. */
export function requireShape(
  operation: string,
  name: string,
  tensor: Tensor,
  expected: Shape,
  why: string,
  dtype: DType = 'f32',
): void {
  requireTensor(operation, name, tensor, dtype);
  if (!sameShape(tensor.shape, expected)) {
    throw new UsageError(operation, `${name} is ${show(tensor.shape)}, expected ${show(expected)}, ${why}.`);
  }
}

/** Refuses a tensor of another number of axes; `names` are the expected ones. */
export function requireAxes(operation: string, name: string, tensor: Tensor, axes: number, names: string): void {
  requireTensor(operation, name, tensor);
  if (tensor.shape.length !== axes) {
    throw new UsageError(operation, `${name} is ${show(tensor.shape)}, expected ${axes} axes ${names}.`);
  }
}

/** Refuses tensors of different backends. */
export function requireOneBackend(operation: string, tensors: readonly (Tensor | undefined)[]): void {
  const first = tensors.find((tensor) => tensor !== undefined);
  for (const tensor of tensors) {
    if (tensor && first && tensor.backend !== first.backend) {
      throw new UsageError(
        operation,
        `the tensors are on two backends (${first.backend.name} and ${tensor.backend.name}). Copy one over: other.tensor(await t.data(), t.shape).`,
      );
    }
  }
}
