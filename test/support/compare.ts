/** The error of values against the truth. */
import { expect } from 'vitest';

/** Tolerances of f32 forward passes and gradients against f64. */
export const FORWARD = 2e-5;
export const GRADIENT = 1e-4;

/**
 * max|got − want| / (1e-3 + max|want|) over the finite values. Infinity where the counts differ, and
 * where only one of the two has a NaN or an infinity.
 */
export function errorOf(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Infinity;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i])) continue;
    // A result beyond the range of f32 is an infinity there.
    const rounded = Math.fround(want[i]);
    if (!Number.isFinite(got[i]) || !Number.isFinite(rounded)) {
      if (!Object.is(got[i], rounded)) return Infinity;
      continue;
    }
    difference = Math.max(difference, Math.abs(got[i] - want[i]));
  }
  for (let i = 0; i < want.length; i++) if (Number.isFinite(want[i])) largest = Math.max(largest, Math.abs(want[i]));
  return difference / (1e-3 + largest);
}

export function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance = FORWARD, what = 'values') {
  const error = errorOf(got, want);
  if (error <= tolerance) return;
  const show = (x: ArrayLike<number>) => `${x.length} values [${Array.from(x).slice(0, 24).join(', ')}…]`;
  expect.fail(`${what}: error ${error}, tolerance ${tolerance}\n got ${show(got)}\nwant ${show(want)}`);
}

/** The same values: −0 is not 0, NaN is NaN. */
export function expectIdentical(got: Float32Array, want: Float32Array, what = 'values') {
  const at = got.length === want.length ? got.findIndex((value, i) => !Object.is(value, want[i])) : 0;
  if (at < 0) return;
  const show = (x: number) => (Object.is(x, -0) ? '-0' : String(x));
  expect.fail(
    `${what}: ${got.length} and ${want.length} values differ at ${at}: ${show(got[at])} and ${show(want[at])}`,
  );
}
