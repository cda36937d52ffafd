/**
 * Physical oscillators: motion that repeats by its equations, not by a calendar.
 *
 *   spring            ẍ = −ω² x − 2 ζ ω ẋ + force
 *   Van der Pol       ẍ = μ (1 − x²) ẋ − x
 *   Lotka–Volterra    ẋ = x (1 − y)            ẏ = g y (x − 1)
 *   Lorenz            ẋ = 10 (y − x)           ẏ = x (ρ − z) − y        ż = x y − 8/3 z
 *   Duffing           ẍ = x − x³ − 0.3 ẋ + F cos ω t
 *
 * Integrated by the Runge–Kutta method of fourth order. The equations need only products and sums, so that even
 * chaotic ones give the same path on every machine.
 */
import type { Random } from '@mamba-ts/core/random';
import { between, chance, logBetween, normals, pickWeighted, whole } from '../draw.ts';
import { noise } from '../noise.ts';
import { add, type Draft, mapped, standardized } from '../vector.ts';

type Law = (x: Float64Array, change: Float64Array, step: number) => void;

/** One coordinate of the solution, sampled every `dt`, with `parts` steps of integration for each sample. */
function solve(law: Law, start: readonly number[], shown: number, length: number, dt: number, burnIn: number) {
  const size = start.length;
  const parts = Math.max(1, Math.ceil(dt / 0.05));
  const h = dt / parts;
  const x = Float64Array.from(start);
  const at = new Float64Array(size);
  const slopes = Array.from({ length: 4 }, () => new Float64Array(size));
  const values = new Float64Array(length);
  for (let i = -burnIn; i < length; i++) {
    if (i >= 0) values[i] = x[shown];
    for (let part = 0; part < parts; part++) {
      for (let s = 0; s < 4; s++) {
        const reach = s === 0 ? 0 : s === 3 ? h : h / 2;
        for (let k = 0; k < size; k++) at[k] = x[k] + (s === 0 ? 0 : reach * slopes[s - 1][k]);
        law(at, slopes[s], i);
      }
      for (let k = 0; k < size; k++) {
        x[k] += (h / 6) * (slopes[0][k] + 2 * slopes[1][k] + 2 * slopes[2][k] + slopes[3][k]);
      }
    }
  }
  return values;
}

/** A damped spring, driven by kicks, by noise, or not at all. */
function spring(random: Random, length: number): Float64Array {
  const period = logBetween(random, 5, length / 3);
  const omega = (2 * Math.PI) / period;
  const damping = logBetween(random, 0.3 * (period / length), 0.15);
  const kind = whole(random, 0, 2);
  const kicks = normals(random, length);
  const rate = 1 / logBetween(random, 2 * period, length);
  const [rho, angle] = [Math.exp(-damping * omega), omega * Math.sqrt(1 - damping * damping)];
  const [cos, sin] = [rho * Math.cos(angle), rho * Math.sin(angle)];
  // The exact solution of one step is a damped rotation of (x, v).
  let [x, v] = [1, 0];
  const values = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    values[i] = x;
    [x, v] = [cos * x - sin * v, sin * x + cos * v];
    if (kind === 1) v += Math.sqrt(damping * omega) * kicks[i];
    if (kind === 2 && chance(random, rate)) v += 1.5 * kicks[i];
  }
  return values;
}

function vanDerPol(random: Random, length: number): Float64Array {
  const mu = logBetween(random, 0.1, 6);
  // Its period is about 6.3 for small μ and 1.6 μ for large.
  const dt = (6.3 + 0.9 * mu) / logBetween(random, 8, Math.max(10, Math.min(120, length / 3)));
  const law: Law = (x, change) => {
    change[0] = x[1];
    change[1] = mu * (1 - x[0] * x[0]) * x[1] - x[0];
  };
  return solve(law, [random.normal(), random.normal()], whole(random, 0, 1), length, dt, 100);
}

function lotkaVolterra(random: Random, length: number): Float64Array {
  const g = logBetween(random, 0.3, 3);
  const dt = 6.3 / Math.sqrt(g) / logBetween(random, 8, Math.max(10, Math.min(120, length / 3)));
  const law: Law = (x, change) => {
    change[0] = x[0] * (1 - x[1]);
    change[1] = g * x[1] * (x[0] - 1);
  };
  return solve(law, [between(random, 0.3, 0.9), between(random, 0.3, 0.9)], whole(random, 0, 1), length, dt, 0);
}

function lorenz(random: Random, length: number): Float64Array {
  const rho = chance(random, 0.7) ? 28 : between(random, 20, 100);
  const start = [1 + random.normal(), 1 + random.normal(), 20];
  const dt = logBetween(random, 0.01, 0.12) * (28 / rho);
  const law: Law = (x, change) => {
    change[0] = 10 * (x[1] - x[0]);
    change[1] = x[0] * (rho - x[2]) - x[1];
    change[2] = x[0] * x[1] - (8 / 3) * x[2];
  };
  return solve(law, start, whole(random, 0, 2), length, dt, 200);
}

/** The driving force (c, s) is a part of the state, so that no sine is evaluated. */
function duffing(random: Random, length: number): Float64Array {
  const [force, omega] = [between(random, 0.2, 0.65), between(random, 0.8, 1.4)];
  const dt = (2 * Math.PI) / omega / logBetween(random, 8, 60);
  const law: Law = (x, change) => {
    change[0] = x[1];
    change[1] = x[0] - x[0] ** 3 - 0.3 * x[1] + force * x[2];
    change[2] = -omega * x[3];
    change[3] = omega * x[2];
  };
  return solve(law, [random.normal(), random.normal(), 1, 0], 0, length, dt, 100);
}

const LAWS = [
  { draw: spring, weight: 4 },
  { draw: vanDerPol, weight: 2 },
  { draw: lotkaVolterra, weight: 2 },
  { draw: lorenz, weight: 1.5 },
  { draw: duffing, weight: 1 },
] as const;

/** Draws a series. */
export function oscillator(random: Random, length: number): Draft {
  const values = standardized(pickWeighted(random, LAWS).draw(random, length));
  if (chance(random, 0.7)) add(values, noise(random, length), logBetween(random, 0.01, 0.4));
  if (chance(random, 0.15)) mapped(values, (value) => Math.exp(0.6 * value));
  return { values };
}
