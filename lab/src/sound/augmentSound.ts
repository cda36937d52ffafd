/**
 * Augmentation of sound: changes that a classifier should ignore, as if the same sound were recorded again.
 *
 *   const changed = augmentSound(clip, { speed: 0.2, equalizer: 9, noise: [10, 40] }, random);
 *
 * Each change is drawn from `random`; a change that is not given draws nothing.
 * Speed and pitch: Ko et al. 2015, "Audio Augmentation for Speech Recognition". Filters: the
 * peaking equaliser of Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
 */
import type { Random } from '@mamba-ts/core/random';
import { analysed, revoiced, type Spoken } from './revoice.ts';

/** The largest changes that are drawn. Default of each: the change is left out. */
export interface SoundChanges {
  /** Samples a second. Default: 8000. */
  sampleRate?: number;
  /** The most by which the pitch is higher or lower, as a part of it; the timbre stays: see revoice.ts. */
  pitch?: number;
  /** The most of the voice that becomes a whisper, from 0 to 1. */
  breath?: number;
  /** The most by which the sound is played faster or slower, as a part of its speed; pitch and timbre change with it. */
  speed?: number;
  /** The most by which the speed sways within the sound, as a part of it. */
  sway?: number;
  /** The most dB of three peaks or notches, at any frequency. */
  equalizer?: number;
  /** The number of all-pass filters: each frequency keeps its strength and gets another phase. */
  phase?: number;
  /** The most |c| by which the spectrum is tilted: y = x + c x₋₁. */
  tilt?: number;
  /** Coloured noise, between these numbers of dB below the sound. */
  noise?: readonly [number, number];
  /** The most seconds that are added before and after, or taken away where they are quiet (below a tenth of the loudest). */
  shift?: number;
  /** The most of the sound that is one silent stretch, from 0 to 1. */
  mask?: number;
  /** The most dB by which the sound is louder or softer. */
  gain?: number;
  /** Whether half of the sounds get the opposite sign. */
  flip?: boolean;
}

/** Uniform on [−most, most). */
const around = (random: Random, most: number) => most * (2 * random.uniform() - 1);
const between = (random: Random, [low, high]: readonly [number, number]) => low + (high - low) * random.uniform();
const ofDecibels = (level: number) => 10 ** (level / 20);
const PEAKS = 3;
/** Bands are above this, in Hz, and below this part of the sample rate. */
const LOWEST = 80;
const HIGHEST = 0.475;

/**
 * The samples with the changes, one after another. The given samples stay as they are.
 *
 * @param spoken the parts of the samples, where they are known; else they are computed
 */
export function augmentSound(
  samples: Float32Array,
  changes: SoundChanges,
  random: Random,
  spoken?: Spoken,
): Float32Array {
  const {
    sampleRate = 8000,
    pitch,
    breath,
    speed,
    sway,
    equalizer,
    phase = 0,
    tilt,
    noise,
    shift,
    mask,
    gain,
    flip,
  } = changes;
  let sound = Float32Array.from(samples);
  if (pitch || breath) {
    const voice = { pitch: Math.exp(around(random, Math.log1p(pitch ?? 0))), breath: (breath ?? 0) * random.uniform() };
    sound = revoiced(spoken ?? analysed(samples), voice, random);
  }
  if (speed || sway) {
    const factor = Math.exp(around(random, Math.log1p(speed ?? 0)));
    sound = played(sound, factor, sway ? around(random, sway) : 0, random.uniform());
  }
  if (shift) sound = shifted(sound, sampleRate * around(random, shift), sampleRate * around(random, shift));
  if (equalizer) {
    for (let i = 0; i < PEAKS; i++) filter(sound, peak(anyBand(random, sampleRate), around(random, equalizer)));
  }
  for (let i = 0; i < phase; i++) filter(sound, allPass(anyBand(random, sampleRate)));
  if (tilt) tilted(sound, around(random, tilt));
  if (mask) {
    const length = Math.floor(sound.length * mask * random.uniform());
    const at = random.int(sound.length - length + 1);
    sound.fill(0, at, at + length);
  }
  if (noise) addNoise(sound, between(random, noise), random);
  if (gain) scale(sound, ofDecibels(around(random, gain)));
  if (flip && random.uniform() < 0.5) scale(sound, -1);
  return sound;
}

/**
 * The sound played `factor` times as fast, with the cubic of Catmull & Rom between the samples.
 *
 * @param sway the part of the speed by which it sways, once in the sound
 * @param phase where the sway begins, from 0 to 1
 */
export function played(samples: Float32Array, factor: number, sway = 0, phase = 0): Float32Array<ArrayBuffer> {
  const length = Math.max(1, Math.round(samples.length / factor));
  const result = new Float32Array(length);
  const last = samples.length - 1;
  const wave = (t: number) => Math.cos(2 * Math.PI * (t + phase));
  const depth = (sway * samples.length) / (2 * Math.PI);
  const start = wave(0);
  for (let i = 0; i < length; i++) {
    const t = Math.min(last, Math.max(0, i * factor + depth * (wave(i / length) - start)));
    const k = Math.min(Math.max(0, last - 1), Math.floor(t));
    const f = t - k;
    const p0 = samples[Math.max(0, k - 1)];
    const p1 = samples[k];
    const p2 = samples[Math.min(last, k + 1)];
    const p3 = samples[Math.min(last, k + 2)];
    result[i] = p1 + 0.5 * f * (p2 - p0 + f * (2 * p0 - 5 * p1 + 4 * p2 - p3 + f * (3 * (p1 - p2) + p3 - p0)));
  }
  return result;
}

/** Adds silence of these numbers of samples before and after; a negative number takes quiet samples away. */
function shifted(samples: Float32Array<ArrayBuffer>, before: number, after: number): Float32Array<ArrayBuffer> {
  const limit = 0.1 * loudest(samples);
  const first = samples.findIndex((v) => Math.abs(v) >= limit);
  const last = samples.findLastIndex((v) => Math.abs(v) >= limit);
  const from = Math.min(first, Math.max(0, Math.round(-before)));
  const to = Math.max(last + 1, samples.length - Math.max(0, Math.round(-after)));
  const lead = Math.max(0, Math.round(before));
  const result = new Float32Array(lead + to - from + Math.max(0, Math.round(after)));
  result.set(samples.subarray(from, to), lead);
  return result;
}

interface Band {
  /** Radians a sample. */
  omega: number;
  /** How narrow it is. */
  q: number;
}

/** A band anywhere, each octave equally likely; q is from 0.5 to 2. */
function anyBand(random: Random, sampleRate: number): Band {
  const frequency = LOWEST * ((HIGHEST * sampleRate) / LOWEST) ** random.uniform();
  return { omega: (2 * Math.PI * frequency) / sampleRate, q: 0.5 * 4 ** random.uniform() };
}

/** b0, b1, b2, a1, a2 of a filter of second order with a0 = 1. */
type Filter = readonly [number, number, number, number, number];

function peak({ omega, q }: Band, decibels: number): Filter {
  const a = Math.sqrt(ofDecibels(decibels));
  const alpha = Math.sin(omega) / (2 * q);
  const a0 = 1 + alpha / a;
  const a1 = (-2 * Math.cos(omega)) / a0;
  return [(1 + alpha * a) / a0, a1, (1 - alpha * a) / a0, a1, (1 - alpha / a) / a0];
}

function allPass({ omega, q }: Band): Filter {
  const alpha = Math.sin(omega) / (2 * q);
  const a1 = (-2 * Math.cos(omega)) / (1 + alpha);
  const a2 = (1 - alpha) / (1 + alpha);
  return [a2, a1, 1, a1, a2];
}

function filter(samples: Float32Array, [b0, b1, b2, a1, a2]: Filter): void {
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i];
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
    samples[i] = y;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
  }
}

function tilted(samples: Float32Array, c: number): void {
  for (let i = samples.length - 1; i > 0; i--) samples[i] += c * samples[i - 1];
}

/** Noise of one random colour: a first-order recursion of white noise, which is the sum of two uniform variables. */
function addNoise(samples: Float32Array, decibels: number, random: Random): void {
  const colour = random.uniform() * 1.4 - 0.5;
  const level = loudness(samples) * ofDecibels(-decibels) * Math.sqrt(6 * (1 - colour * colour));
  // One draw from `random` for each sample would dominate the time: a short congruential generator continues from one.
  let word = random.next() | 0;
  let value = 0;
  for (let i = 0; i < samples.length; i++) {
    word = (Math.imul(word, LCG.factor) + LCG.addend) | 0;
    value = colour * value + ((word >>> 16) + (word & 0xffff)) * 2 ** -16 - 1;
    samples[i] += level * value;
  }
}

/** Numerical Recipes, 7.1: x ← 1664525 x + 1013904223 mod 2³². */
const LCG = { factor: 1664525, addend: 1013904223 };

function loudest(samples: Float32Array): number {
  let most = 0;
  for (const value of samples) most = Math.max(most, Math.abs(value));
  return most;
}

/** The root of the mean square of the samples. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return Math.sqrt(sum / samples.length);
}

function scale(samples: Float32Array, factor: number): void {
  for (let i = 0; i < samples.length; i++) samples[i] *= factor;
}
