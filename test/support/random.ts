/** Values and shapes for tests: the same for the same seed. */
import fc from 'fast-check';
import { type Array64, array, product } from '../reference/array.ts';

/** All property tests use this seed; FC_SEED=… sets another. */
export { fc };

fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 7), interruptAfterTimeLimit: 40_000 });

export type Random = () => number;

/** Uniform numbers in [0, 1) (mulberry32). */
export function uniforms(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normal values that f32 holds exactly. */
export function normal(random: Random, shape: readonly number[], scale = 1, shift = 0): Array64 {
  return array(
    shape,
    Array.from({ length: product(shape) }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - random()));
      return Math.fround(shift + scale * radius * Math.cos(2 * Math.PI * random()));
    }),
  );
}

/** Uniform values that f32 holds exactly. */
export function uniform(random: Random, shape: readonly number[], from: number, to: number): Array64 {
  return array(
    shape,
    Array.from({ length: product(shape) }, () => Math.fround(from + (to - from) * random())),
  );
}

export const seeds = fc.integer({ min: 0, max: 2 ** 31 });
/** Sizes of an axis, often 0, 1 or 2. */
export const sizes = (max: number, min = 0) =>
  fc.oneof({ weight: 1, arbitrary: fc.integer({ min, max: Math.min(max, 2) }) }, fc.integer({ min, max }));
/** Shapes of `axes` axes, the last one up to `width`. */
export const shapes = (minAxes: number, maxAxes: number, width = 70, size = 4) =>
  fc
    .tuple(fc.array(sizes(size), { minLength: Math.max(0, minAxes - 1), maxLength: maxAxes - 1 }), sizes(width))
    .map(([leading, last]) => [...leading, last]);
