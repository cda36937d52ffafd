/**
 * Gaussian processes with random kernels: sums and products from a bank, as in KernelSynth
 * (Ansari et al. 2024, "Chronos", section 4).
 *
 *   y ~ GP(0, k₀ + ℓ·k₁)      ℓ(t, t′) = (t − c)(t′ − c)
 *
 * All kernels except the linear one depend on the lag only, and so do their sums and products. Such a process is drawn
 * by the eigenvalues of its circulant embedding (Dietrich & Newsam 1997), with two FFTs in place of a factorization.
 * Beyond the last lag the kernel fades out, and negative eigenvalues are set to 0. A linear factor multiplies the
 * drawn path by t − c.
 */

import { fft } from '@mamba-ts/core/math';
import type { Random } from '@mamba-ts/core/random';
import { visibleSeasons } from '../clock.ts';
import { between, chance, logBetween, normals, pick, pickWeighted, whole } from '../draw.ts';
import { type Draft, mapped } from '../vector.ts';

type Kernel = (lag: number) => number;

/** The smallest power of two that holds `length` lags, their mirror image, and as many to fade out. */
function embeddingOf(length: number): number {
  let size = 2;
  while (size < 3 * length) size *= 2;
  return size;
}

/** One path of a stationary process with `kernel`, at 0 … length − 1. */
export function stationaryPath(random: Random, length: number, kernel: Kernel): Float64Array {
  const size = embeddingOf(length);
  const half = size / 2;
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let lag = 0; lag <= half; lag++) {
    const fade = lag < length ? 1 : 0.5 + 0.5 * Math.cos((Math.PI * (lag - length + 1)) / (half - length + 1));
    re[lag] = fade > 0 ? fade * kernel(lag) : 0;
    if (lag > 0 && lag < half) re[size - lag] = re[lag];
  }
  fft(re, im);
  // The spectrum of a real path is symmetric, so one half of it is drawn.
  const draws = normals(random, size + 2);
  for (let k = 0; k <= half; k++) {
    const share = k === 0 || k === half ? 1 : 2;
    const gain = Math.sqrt((share * Math.max(0, re[k])) / size);
    re[k] = gain * draws[2 * k];
    im[k] = gain * draws[2 * k + 1];
  }
  re.fill(0, half + 1);
  im.fill(0, half + 1);
  fft(re, im);
  return re.slice(0, length);
}

const BANK = [
  { kind: 'periodic', weight: 10 },
  { kind: 'smooth', weight: 3 },
  { kind: 'rational', weight: 3 },
  { kind: 'rough', weight: 3 },
  { kind: 'linear', weight: 2 },
  { kind: 'white', weight: 2 },
] as const;

function drawKernel(random: Random, kind: (typeof BANK)[number]['kind'], length: number, period: number): Kernel {
  const scale = logBetween(random, 4, 1.5 * length);
  if (kind === 'periodic') {
    const sharpness = 2 / logBetween(random, 0.35, 2.5) ** 2;
    return (lag) => Math.exp(-sharpness * Math.sin((Math.PI * lag) / period) ** 2);
  }
  if (kind === 'smooth') return (lag) => Math.exp(-0.5 * (lag / scale) ** 2);
  if (kind === 'rational') {
    const alpha = logBetween(random, 0.1, 10);
    return (lag) => (1 + (lag / scale) ** 2 / (2 * alpha)) ** -alpha;
  }
  // Matérn 1/2 and 3/2.
  if (kind === 'rough' && chance(random, 0.5)) return (lag) => Math.exp(-lag / scale);
  if (kind === 'rough') return (lag) => (1 + lag / scale) * Math.exp(-lag / scale);
  return (lag) => (lag === 0 ? 1 : 0);
}

/** A random composition of 2 to 6 kernels, as its parts without and with a linear factor. */
function compose(random: Random, length: number): { parts: [Kernel, Kernel | undefined]; season?: number } {
  const periods = visibleSeasons(random, length);
  const noise = logBetween(random, 1e-4, 0.3);
  const white: Kernel = (lag) => (lag === 0 ? noise : 0);
  let stationary: Kernel = white;
  let linear: Kernel | undefined;
  let season: number | undefined;
  for (let count = whole(random, 1, 5); count > 0; count--) {
    const { kind } = pickWeighted(random, BANK);
    const isProduct = chance(random, 0.4) && kind !== 'white';
    if (kind === 'linear') {
      const weight = between(random, 0.3, 3);
      const [before, other] = [stationary, linear];
      if (!isProduct) linear = (lag) => (other ? other(lag) : 0) + weight;
      else linear = (lag) => (other ? other(lag) : 0) + weight * before(lag);
      continue;
    }
    const period = periods.length > 0 ? pick(random, periods) : logBetween(random, 3, length);
    if (kind === 'periodic') season ??= Math.max(2, Math.round(period));
    const kernel = drawKernel(random, kind, length, period);
    const weight = kind === 'white' ? between(random, 0.02, 0.4) : between(random, 0.3, 1);
    const [before, other] = [stationary, linear];
    // The first kernel is added, because a product with white noise is white noise.
    if (isProduct && before !== white) {
      stationary = (lag) => kernel(lag) * before(lag);
      if (other) linear = (lag) => kernel(lag) * other(lag);
    } else {
      stationary = (lag) => weight * kernel(lag) + before(lag);
    }
  }
  return { parts: [stationary, linear], season };
}

/** Draws a series. */
export function gaussianProcess(random: Random, length: number): Draft {
  const { parts, season } = compose(random, length);
  const values = stationaryPath(random, length, parts[0]);
  if (parts[1]) {
    const slope = stationaryPath(random, length, parts[1]);
    const center = random.uniform();
    mapped(values, (value, i) => value + slope[i] * (i / length - center));
  }
  return { values, season };
}
