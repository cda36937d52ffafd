import { describe, expect, it } from 'vitest';
import { Random } from '../../../packages/core/src/random.ts';
import { augmentSound, loudness, played, type SoundChanges } from '../../src/sound/augmentSound.ts';
import { analysed } from '../../src/sound/revoice.ts';

const RATE = 8000;
const tone = (frequency: number, length = 4000) =>
  Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / RATE));

/** The strength of a frequency: 1 for a tone of loudness 1. */
function strength(samples: Float32Array, frequency: number): number {
  let [re, im] = [0, 0];
  samples.forEach((v, i) => {
    const angle = (2 * Math.PI * frequency * i) / RATE;
    re += v * Math.cos(angle);
    im += v * Math.sin(angle);
  });
  return (Math.SQRT2 * Math.hypot(re, im)) / samples.length;
}

const all: SoundChanges = {
  pitch: 0.2,
  breath: 0.5,
  speed: 0.2,
  sway: 0.1,
  shift: 0.05,
  equalizer: 9,
  phase: 3,
  tilt: 0.5,
  mask: 0.1,
  noise: [10, 40],
  gain: 6,
  flip: true,
};

describe('augmentSound', () => {
  it('changes nothing without changes', () => {
    const samples = tone(440);
    const random = new Random(1);
    const before = random.state();
    expect(augmentSound(samples, {}, random)).toEqual(samples);
    expect(random.state()).toEqual(before);
  });

  it('gives the same for the same draws, something else for others, and leaves the sound as it is', () => {
    const samples = tone(440);
    const a = augmentSound(samples, all, new Random(1));
    expect(augmentSound(samples, all, new Random(1))).toEqual(a);
    expect(augmentSound(samples, all, new Random(2))).not.toEqual(a);
    expect(samples).toEqual(tone(440));
    expect(augmentSound(samples, all, new Random(1), analysed(samples))).toEqual(a);
  });

  it.each(Object.keys(all) as (keyof SoundChanges)[])('changes the sound by %s alone, into finite samples', (name) => {
    const samples = tone(440);
    // Half of the draws do not flip.
    const heard = [1, 2, 3, 4, 5, 6].map((seed) => augmentSound(samples, { [name]: all[name] }, new Random(seed)));
    expect(heard.some((sound) => sound.length !== samples.length || sound.some((v, i) => v !== samples[i]))).toBe(true);
    for (const sound of heard) expect(sound.every(Number.isFinite)).toBe(true);
  });

  it('survives silence, one sample and a short sound', () => {
    for (const samples of [new Float32Array(100), Float32Array.of(0.5), Float32Array.of(0.5, -0.5, 0.1)]) {
      for (let seed = 0; seed < 20; seed++) {
        const heard = augmentSound(samples, all, new Random(seed));
        expect(heard.length).toBeGreaterThan(0);
        expect(heard.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('plays up to a fifth faster or slower', () => {
    const lengths = Array.from(
      { length: 200 },
      (_, seed) => augmentSound(tone(440), { speed: 0.2 }, new Random(seed)).length,
    );
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(Math.floor(4000 / 1.2));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(4800);
    expect(Math.min(...lengths)).toBeLessThan(3450);
    expect(Math.max(...lengths)).toBeGreaterThan(4650);
  });

  it('adds noise at the given distance below the sound', () => {
    const samples = tone(440);
    for (let seed = 0; seed < 10; seed++) {
      const heard = augmentSound(samples, { noise: [20, 20] }, new Random(seed));
      const noise = loudness(heard.map((v, i) => v - samples[i]));
      expect(20 * Math.log10(loudness(samples) / noise)).toBeCloseTo(20, -0.3);
    }
  });

  it('keeps the strength of each frequency where phases alone are changed', () => {
    for (const frequency of [200, 1000, 3000]) {
      const heard = augmentSound(tone(frequency, 8000), { phase: 3 }, new Random(3)).subarray(2000);
      expect(loudness(heard)).toBeCloseTo(Math.SQRT1_2, 2);
    }
  });

  it('makes no frequency louder or softer than all peaks together', () => {
    for (let seed = 0; seed < 20; seed++) {
      const heard = augmentSound(tone(700), { equalizer: 6 }, new Random(seed)).subarray(1000);
      expect(Math.abs(20 * Math.log10(loudness(heard) / Math.SQRT1_2))).toBeLessThan(18.1);
    }
  });

  it('takes only quiet samples from the ends', () => {
    const samples = new Float32Array(1000);
    samples.fill(0.01, 100, 900);
    samples.set(tone(440, 400), 300);
    for (let seed = 0; seed < 50; seed++) {
      const heard = augmentSound(samples, { shift: 0.1 }, new Random(seed));
      // A tenth of the loudest is reached at the tone's second sample and its last but one at the latest.
      const text = Array.from(heard).join();
      expect(text).toContain(Array.from(samples.subarray(302, 698)).join());
    }
  });
});

describe('played', () => {
  it('is the sound itself at its own speed', () => {
    const samples = tone(300);
    expect(played(samples, 1)).toEqual(samples);
  });

  it('moves a tone by the factor, and shortens it', () => {
    const heard = played(tone(400), 1.25);
    expect(heard.length).toBe(3200);
    expect(strength(heard, 500)).toBeGreaterThan(0.68);
    expect(strength(heard, 400)).toBeLessThan(0.02);
  });

  it('meets a straight line exactly', () => {
    const line = Float32Array.from({ length: 101 }, (_, i) => i);
    const heard = played(line, 0.5);
    for (let i = 4; i < 190; i++) expect(heard[i]).toBeCloseTo(i / 2, 4);
  });

  it('sways: the frequency is higher in one half and lower in the other', () => {
    const heard = played(tone(1000, 8000), 1, 0.1, 0);
    const begin = heard.subarray(1500, 2500);
    const end = heard.subarray(5500, 6500);
    expect(Math.max(strength(begin, 900), strength(begin, 910))).toBeGreaterThan(0.3);
    expect(Math.max(strength(end, 1100), strength(end, 1090))).toBeGreaterThan(0.3);
  });
});
