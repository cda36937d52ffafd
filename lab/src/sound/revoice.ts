/**
 * The same words from another voice: linear prediction parts a sound into what excites the vocal tract and what
 * the tract makes of it; the first is changed, the second stays, and with it vowels and consonants.
 *
 *   e[t] = x[t] − Σₖ aₖ x[t − k]        y[t] = e′[t] + Σₖ aₖ y[t − k]
 *
 * e′ is e played faster or slower (another pitch), in part noise (a whisper). Atal & Hanauer 1971, "Speech Analysis
 * and Synthesis by Linear Prediction of the Speech Wave"; a of each stretch by Levinson's recursion.
 */
import type { Random } from '@mamba-ts/core/random';

export interface Voice {
  /** How many times as high the pitch is; the sound gets shorter by as much. */
  pitch: number;
  /** The part of the excitation that is noise: 0 as it is, 1 a whisper. */
  breath: number;
}

/** Coefficients; a vocal tract has about two for each kHz, and two more. */
const ORDER = 10;
/** Samples between two predictions, and those that each is made from. */
const HOP = 80;
const WINDOW = 240;
/** White noise of −40 dB keeps the recursion away from predictions that are too good. */
const FLOOR = 1.0001;

/** Raised cosine. */
const window = Float64Array.from(
  { length: WINDOW },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / WINDOW),
);

/** A sound in its two parts. */
export interface Spoken {
  /** e, of each sample. */
  readonly excitation: Float32Array;
  /** a, of each stretch. */
  readonly filters: readonly Float64Array[];
}

export function analysed(samples: Float32Array): Spoken {
  const count = Math.ceil(samples.length / HOP);
  const filters = Array.from({ length: count }, (_, i) => predictorAt(samples, (i + 0.5) * HOP));
  return { excitation: excitationOf(samples, filters), filters };
}

export function revoiced(
  { excitation: own, filters }: Spoken,
  { pitch, breath }: Voice,
  random: Random,
): Float32Array<ArrayBuffer> {
  const excitation = breath > 0 ? whispered(own, breath, random) : own;
  const length = Math.max(1, Math.round(own.length / pitch));
  const result = new Float32Array(length);
  const last = own.length - 1;
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

/** What the prediction of each sample leaves. */
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

/** Noise as strong as each stretch takes the place of a part of it. */
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

/** The coefficients that predict a sample from those before it, around `middle`. */
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
