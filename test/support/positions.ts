/** Random documents and lengths of rows, and parts of arrays to compare. */
import fc from 'fast-check';
import { documentAges } from '../../packages/core/src/ops/positions.ts';
import { type Array64, array, product } from '../reference/array.ts';
import { uniforms } from './random.ts';

/** Ages of rows in which documents begin at random steps. Rows may start inside a document. */
export function randomAges(B: number, L: number, seed: number): Int32Array {
  const random = uniforms(seed);
  const ages = new Int32Array(B * L);
  for (let b = 0; b < B; b++) {
    let age = Math.floor(random() * 6) - 1;
    for (let t = 0; t < L; t++) {
      age = random() < 0.25 ? 0 : age + 1;
      ages[b * L + t] = age;
    }
  }
  return ages;
}

export function randomLengths(B: number, L: number, seed: number): Int32Array {
  const random = uniforms(seed);
  return Int32Array.from({ length: B }, () => Math.floor(random() * (L + 1)));
}

/** Rows of random lengths, for sequenceLaws; `rowsOf` says how many a setup has. */
export const raggedRows = <Setup extends { L: number; seed: number }>(
  setups: fc.Arbitrary<Setup>,
  rowsOf: (setup: Setup) => number,
) =>
  setups.map((setup) => {
    const [B, L] = [rowsOf(setup), setup.L];
    return { B, L, lengths: randomLengths(B, L, setup.seed), setup };
  });

/** Ages of one row of documents of these lengths. */
export function agesOf(documents: readonly number[]): Int32Array {
  const indices = Int32Array.from(documents.flatMap((length, i) => new Array<number>(length).fill(i)));
  return documentAges(indices, 1, indices.length).ages;
}

/** A row cut into parts: their lengths, each at least 1. */
export const partitions = (maxParts: number, maxLength: number) =>
  fc.array(fc.integer({ min: 1, max: maxLength }), { minLength: 1, maxLength: maxParts });

/** x[:, from : to] of (B, L, …). */
export function timeSlice(x: Array64, from: number, to: number): Array64 {
  const [B, L, ...rest] = x.shape;
  const size = product(rest);
  const y = array([B, to - from, ...rest]);
  for (let b = 0; b < B; b++) {
    y.data.set(x.data.subarray((b * L + from) * size, (b * L + to) * size), b * (to - from) * size);
  }
  return y;
}

/** x[b : b + 1]. */
export function row(x: Array64, b: number): Array64 {
  const size = product(x.shape.slice(1));
  return array([1, ...x.shape.slice(1)], x.data.subarray(b * size, (b + 1) * size));
}
