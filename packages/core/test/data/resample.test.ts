import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resample } from '../../src/data/resample.ts';
import { muLawDecode, muLawEncode } from '../../src/tokenize/muLaw.ts';

async function* blocks(samples: Float32Array, sizes: readonly number[]) {
  for (let at = 0, i = 0; at < samples.length; i++) {
    const size = sizes.length === 0 ? samples.length : sizes[i % sizes.length];
    yield samples.slice(at, at + size);
    at += size;
  }
}

async function resampled(samples: Float32Array, from: number, to: number, sizes: readonly number[] = []) {
  const all: number[] = [];
  for await (const block of resample(blocks(samples, sizes), from, to)) all.push(...block);
  return all;
}

const sine = (hertz: number, rate: number, length: number) =>
  Float32Array.from({ length }, (_, n) => Math.sin((2 * Math.PI * hertz * n) / rate));

const decibels = (ratio: number) => 20 * Math.log10(ratio);

/** The largest value, away from the ends, where the signal is cut off. */
const peak = (values: readonly number[], margin: number) =>
  values.slice(margin, -margin).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('resample', () => {
  it.each([
    [44100, 48000, 1000],
    [8000, 16000, 3000],
    [48000, 16000, 7000],
    [44100, 8000, 440],
    [11025, 8000, 3500],
  ])('%i to %i Hz leaves a sine of %i Hz a sine', async (from, to, hertz) => {
    const out = await resampled(sine(hertz, from, from / 4), from, to);
    expect(out.length).toBe(Math.ceil(((from / 4) * to) / from - 1e-9));
    const expected = sine(hertz, to, out.length);
    const error = out.map((value, n) => value - expected[n]);
    expect(decibels(peak(error, 200))).toBeLessThan(-70);
  });

  it.each([
    [48000, 16000, 8100],
    [48000, 16000, 15000],
    [44100, 8000, 4200],
    [16000, 8000, 7900],
  ])('%i to %i Hz leaves nothing of %i Hz, which would fold back', async (from, to, hertz) => {
    const out = await resampled(sine(hertz, from, from / 4), from, to);
    expect(decibels(peak(out, 200))).toBeLessThan(-60);
  });

  it('keeps a constant, and everything at the same rate', async () => {
    const out = await resampled(new Float32Array(2000).fill(0.5), 44100, 48000);
    for (const value of out.slice(200, -200)) expect(value).toBeCloseTo(0.5, 6);
    expect(await resampled(Float32Array.of(0.1, -0.7), 8000, 8000)).toEqual([...Float32Array.of(0.1, -0.7)]);
    expect(await resampled(new Float32Array(), 8000, 16000)).toEqual([]);
  });

  it('gives the same for any division into blocks', async () => {
    const rate = fc.integer({ min: 1, max: 60 });
    const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rate, rate, fc.nat(300), cuts, async (from, to, length, sizes) => {
        const samples = sine(1, 37.7, length);
        const whole = await resampled(samples, from, to);
        expect(whole.length).toBe(Math.ceil((length * to) / from));
        expect(await resampled(samples, from, to, sizes)).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a rate of 0', async () => {
    await expect(resampled(new Float32Array(1), 8000, 0)).rejects.toThrow('resample: got a rate of 0, expected');
  });
});

describe('mu-law tokens', () => {
  it('gives back every token, and each sample within half a step', () => {
    const ids = Uint8Array.from({ length: 256 }, (_, id) => id);
    expect(muLawEncode(muLawDecode(ids))).toEqual(ids);
    fc.assert(
      fc.property(fc.float({ min: -1, max: 1, noNaN: true }), (x) => {
        const [back] = muLawDecode(muLawEncode(Float32Array.of(x)));
        // A step at x is 2 / μ of the companded axis: (1 + μ|x|) ln(1 + μ) / μ of the sample's.
        expect(Math.abs(back - x)).toBeLessThanOrEqual(
          ((1 / 255) * 1.03 * Math.log(256) * (1 + 255 * Math.abs(x))) / 255,
        );
      }),
    );
  });

  it('clips what is too loud, and refuses what is not a number', () => {
    expect([...muLawEncode(Float32Array.of(-9, 9))]).toEqual([0, 255]);
    expect(() => muLawEncode(Float32Array.of(0, Number.NaN))).toThrow('muLawEncode: sample 1 is NaN');
    expect(() => muLawDecode([256])).toThrow('muLawDecode: id is 256, expected 0 to 255');
  });
});
