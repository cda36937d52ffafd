/**
 * Conversion of the sample rate, band-limited, in a stream: a windowed sinc in its polyphase form
 * (Smith, "Digital Audio Resampling Home Page"; window of Kaiser 1974).
 *
 *   y[n] = Σ_k h(n M/L − k) x[k]        h(t) = c sinc(c t) w(t)
 *
 * L/M is the ratio of the rates in lowest terms; n M/L has only L different fractions, so there are at most L filters,
 * and each is made when it is first needed. The cutoff c is just below the lower of both Nyquist frequencies, so that
 * nothing is aliased. Outside the signal x is 0.
 */
import { UsageError } from '../errors.ts';
import { gcd } from '../math/integers.ts';

/** Zero crossings of the sinc on each side. */
const CROSSINGS = 64;
/** Kaiser's β for 90 dB, and the part of the band below the transition of the filter. */
const BETA = 9;
const PASS = 0.95;

/**
 * Mono samples at another rate, ⌈length · to / from⌉ of them. The result does not depend on the division into blocks.
 *
 * Frequencies above the new Nyquist frequency are below −60 dB; those below 0.87 of it are kept.
 *
 * @param from the rate of `blocks`, in Hz
 * @param to the rate of the result, in Hz
 * @throws UsageError for a rate that is no whole number ≥ 1
 * @example
 * for await (const block of data.resample(blocks, 44100, 16000)) …
 */
export async function* resample(
  blocks: AsyncIterable<Float32Array>,
  from: number,
  to: number,
): AsyncGenerator<Float32Array> {
  for (const rate of [from, to]) {
    if (!Number.isSafeInteger(rate) || rate < 1) {
      throw new UsageError('resample', `got a rate of ${rate}, expected a whole number ≥ 1, in Hz.`);
    }
  }
  if (from === to) {
    yield* blocks;
    return;
  }
  const divisor = gcd(from, to);
  const filters = new Filters(from / divisor, to / divisor);
  let held = new Float32Array();
  let heldFrom = 0;
  let received = 0;
  let n = 0;
  const outputs = (ready: number): Float32Array => {
    const made = new Float32Array(Math.max(0, ready - n));
    for (let i = 0; i < made.length; i++) made[i] = filters.apply(n + i, held, heldFrom);
    n += made.length;
    const keepFrom = Math.max(heldFrom, Math.min(filters.first(n), received));
    held = held.slice(keepFrom - heldFrom);
    heldFrom = keepFrom;
    return made;
  };
  for await (const block of blocks) {
    const joined = new Float32Array(held.length + block.length);
    joined.set(held);
    joined.set(block, held.length);
    held = joined;
    received += block.length;
    const made = outputs(filters.ready(received));
    if (made.length > 0) yield made;
  }
  const last = outputs(Math.ceil((received * to) / from));
  if (last.length > 0) yield last;
}

class Filters {
  readonly #down: number;
  readonly #up: number;
  readonly #cutoff: number;
  /** Samples on each side. */
  readonly #reach: number;
  readonly #filters = new Map<number, Float64Array>();

  constructor(down: number, up: number) {
    this.#down = down;
    this.#up = up;
    this.#cutoff = PASS * Math.min(1, up / down);
    this.#reach = Math.ceil(CROSSINGS / this.#cutoff);
  }

  /** The first sample that output n needs. */
  first(n: number): number {
    return Math.floor((n * this.#down) / this.#up) - this.#reach + 1;
  }

  /** The number of outputs that need nothing beyond the first `received` samples. */
  ready(received: number): number {
    return Math.ceil(((received - this.#reach) * this.#up) / this.#down);
  }

  apply(n: number, samples: Float32Array, offset: number): number {
    const filter = this.#filter((n * this.#down) % this.#up);
    const begin = this.first(n) - offset;
    let sum = 0;
    for (let k = Math.max(0, -begin); k < filter.length && begin + k < samples.length; k++) {
      sum += filter[k] * samples[begin + k];
    }
    return sum;
  }

  /** The filter of one fraction. Its taps sum to 1, so that a constant stays as it is. */
  #filter(phase: number): Float64Array {
    const known = this.#filters.get(phase);
    if (known) return known;
    const filter = Float64Array.from({ length: 2 * this.#reach }, (_, k) => {
      const t = k - this.#reach + 1 - phase / this.#up;
      return sinc(this.#cutoff * t) * kaiser(t / this.#reach);
    });
    const sum = filter.reduce((total, tap) => total + tap, 0);
    for (let k = 0; k < filter.length; k++) filter[k] /= sum;
    this.#filters.set(phase, filter);
    return filter;
  }
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

/** I₀, the modified Bessel function, by its series. */
function bessel(x: number): number {
  let sum = 1;
  for (let k = 1, term = 1; term > sum * Number.EPSILON; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
