/** Copies strided tensors into row-major order, for elements of 1, 2, 4 or 8 bytes. */
type Bytes = Uint8Array<ArrayBuffer>;

/** Whether the elements are in row-major order without gaps. Strides are in elements. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

/**
 * A row-major copy of the elements of a strided tensor.
 * @param bytes begins at the first element
 * @param size bytes per element
 * @param strides in elements, each ≥ 0
 */
export function gather(bytes: Bytes, size: number, shape: readonly number[], strides: readonly number[]): Bytes {
  const count = shape.reduce((product, length) => product * length, 1);
  const result = new Uint8Array(count * size);
  let to = 0;
  const copy = (dim: number, from: number): void => {
    if (dim === shape.length) {
      for (let i = 0; i < size; i++) result[to++] = bytes[from + i];
      return;
    }
    const step = strides[dim] * size;
    for (let i = 0; i < shape[dim]; i++) copy(dim + 1, from + i * step);
  };
  copy(0, 0);
  return result;
}

/** Reverses the bytes of each element, in place. */
export function swapBytes(bytes: Bytes, size: number): Bytes {
  if (size === 1) return bytes;
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  return bytes;
}
