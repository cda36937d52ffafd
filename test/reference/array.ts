/**
 * Arrays of the reference operations: a shape and its values in f64, row-major.
 *
 * The other files of this folder are the operations as plain loops: slow and readable, the truth that tests compare
 * with. They share no code with src/.
 */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function array(shape: readonly number[], data?: ArrayLike<number>): Array64 {
  const size = product(shape);
  if (data && data.length !== size) throw new Error(`${data.length} values for (${shape})`);
  return { shape, data: data ? Float64Array.from(data) : new Float64Array(size) };
}

export const product = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** Values in a row of the last axis, and the number of rows. */
export function rowsOf({ shape, data }: Array64): { rows: number; width: number } {
  const width = shape.at(-1) ?? 1;
  return { width, rows: width ? data.length / width : 0 };
}

export const map = ({ shape, data }: Array64, f: (x: number) => number): Array64 => ({ shape, data: data.map(f) });
