/**
 * The same words in another voice. Linear prediction divides a sound into the excitation of the vocal tract and the
 * filter of the tract. The excitation is changed; the filter stays, and with it vowels and consonants.
 *
 *   e[t] = x[t] − Σₖ aₖ x[t − k]        y[t] = e′[t] + Σₖ aₖ y[t − k]
 *
 * e′ is e played faster or slower (another pitch) and in part noise (a whisper). Atal & Hanauer 1971, "Speech Analysis
 * and Synthesis by Linear Prediction of the Speech Wave"; a of each stretch is found by Levinson's recursion.
 */
import type { Random } from '@mamba-ts/core/random';

export interface Voice {
  /** The factor of the pitch; the sound gets shorter by the same factor. */
  pitch: number;
  /** The part of the excitation that is noise: 0 keeps the voice, 1 is a whisper. */
  breath: number;
}

/** The number of coefficients: about two for each kHz, and two more. */
const ORDER = 10;
/** Samples between two filters, and samples that each filter is found from. */
const HOP = 80;
const WINDOW = 240;
/** White noise of −40 dB keeps the recursion stable where the prediction is nearly perfect. */
const FLOOR = 1.0001;

/** Raised cosine. */
const window = Float64Array.from(
  { length: WINDOW },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / WINDOW),
);

/** A sound as excitation and filters. */
export interface Spoken {
  /** e of each sample. */
  readonly excitation: Float32Array;
  /** a of each stretch. */
  readonly filters: readonly Float64Array[];
}

/** The excitation and the filters of a sound. */
export function analysed(samples: Float32Array): Spoken {
  const count = Math.ceil(samples.length / HOP);
  const filters = Array.from({ length: count }, (_, i) => predictorAt(samples, (i + 0.5) * HOP));
  return { excitation: excitationOf(samples, filters), filters };
}

/** The sound in another voice. */
export function revoiced(
  { excitation: voiced, filters }: Spoken,
  { pitch, breath }: Voice,
  random: Random,
): Float32Array<ArrayBuffer> {
  const excitation = breath > 0 ? whispered(voiced, breath, random) : voiced;
  const length = Math.max(1, Math.round(voiced.length / pitch));
  const result = new Float32Array(length);
  const last = voiced.length - 1;
  for (let t = 0; t < length; t++) {
    const at = Math.min(last, t * pitch);
    const k = Math.floor(at);
    const next = excitation[Math.min(last, k + 1)];
    let value = excitation[k] + (at - k) * (next - excitation[k]);
    const a = filters[Math.floor(k / HOP)];
    for (let j = 0; j < ORDER && j < t; j++) value += a[j] * result[t - 1 - j];
    result[t] = value;
  }
  return result;
}

/** The error of the prediction of each sample. */
function excitationOf(samples: Float32Array, filters: readonly Float64Array[]): Float32Array {
  const excitation = new Float32Array(samples.length);
  for (let t = 0; t < samples.length; t++) {
    const a = filters[Math.floor(t / HOP)];
    let value = samples[t];
    for (let j = 0; j < ORDER && j < t; j++) value -= a[j] * samples[t - 1 - j];
    excitation[t] = value;
  }
  return excitation;
}

/** Replaces a part of each stretch by noise of the same strength. */
function whispered(excitation: Float32Array, breath: number, random: Random): Float32Array {
  const result = new Float32Array(excitation.length);
  const kept = Math.sqrt(1 - breath);
  for (let from = 0; from < excitation.length; from += HOP) {
    const to = Math.min(excitation.length, from + HOP);
    let sum = 0;
    for (let t = from; t < to; t++) sum += excitation[t] ** 2;
    // Uniform on [−1, 1) has the variance 1/3.
    const strength = Math.sqrt((3 * breath * sum) / (to - from));
    for (let t = from; t < to; t++) {
      result[t] = kept * excitation[t] + strength * (random.next() * 2 ** -31 - 1);
    }
  }
  return result;
}

/** The coefficients that predict a sample from the samples before it, around `middle`. */
function predictorAt(samples: Float32Array, middle: number): Float64Array {
  const from = Math.round(middle - WINDOW / 2);
  const x = new Float64Array(WINDOW);
  for (let i = Math.max(0, -from); i < WINDOW && from + i < samples.length; i++) x[i] = window[i] * samples[from + i];
  const r = new Float64Array(ORDER + 1);
  for (let lag = 0; lag <= ORDER; lag++) {
    let sum = 0;
    for (let i = lag; i < WINDOW; i++) sum += x[i] * x[i - lag];
    r[lag] = sum;
  }
  r[0] *= FLOOR;
  const a = new Float64Array(ORDER);
  let error = r[0];
  if (!(error > 0)) return a;
  const before = new Float64Array(ORDER);
  for (let i = 0; i < ORDER; i++) {
    let sum = r[i + 1];
    for (let j = 0; j < i; j++) sum -= a[j] * r[i - j];
    const reflection = sum / error;
    before.set(a);
    a[i] = reflection;
    for (let j = 0; j < i; j++) a[j] = before[j] - reflection * before[i - 1 - j];
    error *= 1 - reflection * reflection;
  }
  return a;
}
