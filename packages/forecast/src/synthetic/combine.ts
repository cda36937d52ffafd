/**
 * Combinations of two or three series.
 *
 *   mix-up       Σ wₖ zₖ                  Chronos' TSMixup (Ansari et al. 2024), with standardised z
 *   modulation   z₁ exp(s z₂)             one scales the amplitude of the other
 *   response     z₁ + f(z₂ at t − lag)    a delayed, nonlinear effect, as in CauKer (Xie et al. 2025)
 *   splice       z₁, then z₂ from some step on
 *   envelope     max(z₁, z₂)
 */
import type { Random } from '@mamba-ts/core/random';
import { between, chance, gamma, pickWeighted, sign } from './draw.ts';
import { add, type Draft, mapped, standardized } from './vector.ts';

type Combine = (random: Random, z: readonly Float64Array[], drafts: readonly Draft[]) => Draft;

/** A weighted sum. */
export const mixUp: Combine = (random, z, drafts) => {
  const shares = z.map(() => gamma(random, 1.5));
  const values = new Float64Array(z[0].length);
  z.forEach((series, k) => {
    add(values, series, shares[k]);
  });
  return { values, season: drafts[shares.indexOf(Math.max(...shares))].season };
};

/** The first, its amplitude scaled by the second. */
export const modulation: Combine = (random, [z, by], drafts) => {
  const [strength, level] = [between(random, 0.2, 0.8), chance(random, 0.5) ? between(random, 0, 3) : 0];
  const values = z.map((value, i) => (value + level) * Math.exp(strength * Math.min(4, by[i])));
  return { values, season: drafts[0].season };
};

/** The first, plus a delayed, nonlinear effect of the second. */
export const response: Combine = (random, [z, cause], drafts) => {
  const lag = chance(random, 0.5) ? 0 : random.int(Math.max(1, Math.min(48, z.length >> 3)));
  const [strength, kind, threshold] = [sign(random) * between(random, 0.3, 1.5), random.int(3), random.normal()];
  const bend = (x: number) =>
    kind === 0 ? x / (1 + Math.abs(x)) : kind === 1 ? Math.max(0, x - threshold) : (x * x) / (1 + x * x);
  const values = z.map((value, i) => value + strength * bend(cause[Math.max(0, i - lag)]));
  return { values, season: drafts[0].season ?? drafts[1].season };
};

/** The first, continued by the second. */
export const splice: Combine = (random, [before, after], drafts) => {
  const n = before.length;
  const [from, scale] = [Math.floor(n * between(random, 0.1, 0.9)), between(random, 0.4, 1.6)];
  // Half of the time the second continues at the level of the first.
  const level = chance(random, 0.5) ? before[from] - scale * after[from] : between(random, -1, 1);
  const values = before.map((value, i) => (i < from ? value : scale * after[i] + level));
  return { values, season: drafts[2 * from > n ? 0 : 1].season };
};

/** The larger of two. */
export const envelope: Combine = (random, [z, other], drafts) => {
  const level = between(random, -1, 1);
  return { values: z.map((value, i) => Math.max(value, other[i] + level)), season: drafts[0].season };
};

const WAYS = [
  { combine: mixUp, weight: 10 },
  { combine: modulation, weight: 3 },
  { combine: response, weight: 3 },
  { combine: splice, weight: 2 },
  { combine: envelope, weight: 1 },
] as const;

/** Combines at least two drafts. Only a mix-up uses more than two. */
export function combined(random: Random, drafts: readonly Draft[]): Draft {
  const z = drafts.map(({ values }) =>
    mapped(standardized(values.slice()), (value) => Math.max(-20, Math.min(20, value))),
  );
  return pickWeighted(random, WAYS).combine(random, z, drafts);
}
