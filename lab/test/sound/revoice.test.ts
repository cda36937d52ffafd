import { describe, expect, it } from 'vitest';
import { Random } from '../../../packages/core/src/random.ts';
import { loudness } from '../../src/sound/augmentSound.ts';
import { analysed, revoiced } from '../../src/sound/revoice.ts';

const RATE = 8000;

/** A vowel: pulses of a pitch through two resonances, in Hz. */
function vowel(pitch: number, formants: readonly number[], length = 4000): Float32Array {
  let sound = Float64Array.from({ length }, (_, t) => (t % Math.round(RATE / pitch) === 0 ? 1 : 0));
  for (const formant of formants) {
    const [radius, angle] = [0.97, (2 * Math.PI * formant) / RATE];
    const y = new Float64Array(length);
    sound.forEach((x, t) => {
      y[t] = x + 2 * radius * Math.cos(angle) * (y[t - 1] ?? 0) - radius ** 2 * (y[t - 2] ?? 0);
    });
    sound = y;
  }
  return Float32Array.from(sound, (v) => 0.05 * v);
}

/** The power at each of 200 frequencies from 0 to 4 kHz, in the middle of the sound. */
function spectrum(samples: Float32Array): number[] {
  const middle = samples.subarray(Math.floor(samples.length / 2) - 500, Math.floor(samples.length / 2) + 500);
  return Array.from({ length: 200 }, (_, k) => {
    let [re, im] = [0, 0];
    middle.forEach((v, i) => {
      const angle = (2 * Math.PI * 20 * k * i) / RATE;
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / middle.length);
      re += hann * v * Math.cos(angle);
      im += hann * v * Math.sin(angle);
    });
    return re * re + im * im;
  });
}

/** The centre of the power between two frequencies. */
function centre(power: readonly number[], from: number, to: number): number {
  let [sum, total] = [0, 0];
  for (let k = from / 20; k < to / 20; k++) {
    sum += 20 * k * power[k];
    total += power[k];
  }
  return sum / total;
}

/** The lag of the largest autocorrelation. */
function period(samples: Float32Array): number {
  const similarity = Array.from({ length: 120 }, (_, lag) => {
    let sum = 0;
    for (let t = 1000; t < 2500; t++) sum += samples[t] * samples[t - lag];
    return lag < 40 ? Number.NEGATIVE_INFINITY : sum;
  });
  return similarity.indexOf(Math.max(...similarity));
}

describe('revoiced', () => {
  const vowelA = vowel(100, [700, 1900]);

  it('is the same sound with the same pitch and no breath', () => {
    const heard = revoiced(analysed(vowelA), { pitch: 1, breath: 0 }, new Random(1));
    expect(heard.length).toBe(vowelA.length);
    heard.forEach((v, i) => {
      expect(v).toBeCloseTo(vowelA[i], 6);
    });
  });

  it.each([0.8, 1.25])('has the pitch times %f and the same resonances', (pitch) => {
    const heard = revoiced(analysed(vowelA), { pitch, breath: 0 }, new Random(1));
    expect(heard.length).toBe(Math.round(4000 / pitch));
    expect(Math.abs(period(heard) - 80 / pitch)).toBeLessThanOrEqual(1);
    const [before, after] = [spectrum(vowelA), spectrum(heard)];
    for (const [from, to] of [
      [400, 1000],
      [1500, 2300],
    ]) {
      expect(Math.abs(centre(after, from, to) - centre(before, from, to))).toBeLessThan(60);
    }
  });

  it('whispers with the same resonances, as loud, and without a pitch', () => {
    const heard = revoiced(analysed(vowelA), { pitch: 1, breath: 1 }, new Random(1));
    expect(loudness(heard) / loudness(vowelA)).toBeGreaterThan(0.7);
    expect(loudness(heard) / loudness(vowelA)).toBeLessThan(1.4);
    expect(Math.abs(centre(spectrum(heard), 400, 1000) - 700)).toBeLessThan(80);
    const alike = (samples: Float32Array) => {
      let [power, product] = [0, 0];
      for (let t = 1000; t < 3000; t++) {
        power += samples[t] ** 2;
        product += samples[t] * samples[t - 80];
      }
      return product / power;
    };
    expect(alike(vowelA)).toBeGreaterThan(0.95);
    expect(Math.abs(alike(heard))).toBeLessThan(0.3);
  });

  it('survives silence and one sample', () => {
    for (const samples of [new Float32Array(500), Float32Array.of(1)]) {
      const heard = revoiced(analysed(samples), { pitch: 1.1, breath: 0.5 }, new Random(1));
      expect(heard.every(Number.isFinite)).toBe(true);
    }
  });
});
