/** Trends of unit deviation over the series: lines, growth, saturation, bends, wandering slopes. */
import type { Random } from '@mamba-ts/core/random';
import { between, chance, logBetween, normals, pickWeighted, sign, whole } from './draw.ts';
import { slowPath } from './noise.ts';
import { add, cumulated, persistent, standardized } from './vector.ts';

type Draw = (random: Random, length: number) => Float64Array;

const over = (length: number, f: (u: number) => number) =>
  Float64Array.from({ length }, (_, i) => f(i / Math.max(1, length - 1)));

function line(random: Random, length: number): Float64Array {
  const way = sign(random);
  return over(length, (u) => way * u);
}

function growth(random: Random, length: number): Float64Array {
  const [way, rate] = [sign(random), sign(random) * between(random, 0.5, 4)];
  return over(length, (u) => way * Math.exp(rate * u));
}

/** Logistic growth, or its derivative, a wave of adoption. */
function saturation(random: Random, length: number): Float64Array {
  const [way, middle, rate] = [sign(random), between(random, -0.1, 1.1), logBetween(random, 4, 60)];
  const isWave = chance(random, 0.2);
  return over(length, (u) => {
    const s = 1 / (1 + Math.exp(rate * (middle - u)));
    return way * (isWave ? s * (1 - s) : s);
  });
}

/** Linear between 1 to 6 bends. */
function bends(random: Random, length: number): Float64Array {
  const at = Array.from({ length: whole(random, 1, 6) }, () => random.uniform());
  const slopes = Array.from({ length: at.length + 1 }, () => random.normal());
  return over(length, (u) => at.reduce((sum, bend, k) => sum + slopes[k + 1] * Math.max(0, u - bend), slopes[0] * u));
}

/** The local linear trend of structural models: a slope that reverts to its mean. */
function wandering(random: Random, length: number): Float64Array {
  const slope = persistent(normals(random, length), 1 - logBetween(random, 1 / length, 0.05));
  return add(
    cumulated(slope),
    over(length, (u) => u),
    length * between(random, -0.3, 0.3),
  );
}

const slow = (random: Random, length: number) => slowPath(random, length, length * logBetween(random, 0.08, 0.7));

const DRAWS: readonly { draw: Draw; weight: number }[] = [
  { draw: line, weight: 2 },
  { draw: growth, weight: 2 },
  { draw: saturation, weight: 1.5 },
  { draw: bends, weight: 2 },
  { draw: wandering, weight: 2.5 },
  { draw: slow, weight: 2.5 },
];

/** A trend over `length` steps. */
export const trend = (random: Random, length: number): Float64Array =>
  standardized(pickWeighted(random, DRAWS).draw(random, length));
