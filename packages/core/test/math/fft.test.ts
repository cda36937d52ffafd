import { describe, expect, it } from 'vitest';
import { fft } from '../../src/math/fft.ts';
import { Random } from '../../src/random.ts';

const draw = (seed: number) => {
  const random = new Random(seed);
  return Float64Array.from({ length: 16 }, () => random.normal());
};

describe('fft', () => {
  it('equals the plain sum', () => {
    const [re, im] = [draw(8), draw(9)];
    const expected = Array.from({ length: 16 }, (_, k) => {
      let [x, y] = [0, 0];
      for (let n = 0; n < 16; n++) {
        const angle = (-2 * Math.PI * k * n) / 16;
        x += re[n] * Math.cos(angle) - im[n] * Math.sin(angle);
        y += re[n] * Math.sin(angle) + im[n] * Math.cos(angle);
      }
      return [x, y];
    });
    fft(re, im);
    expected.forEach(([x, y], k) => {
      expect(re[k]).toBeCloseTo(x, 10);
      expect(im[k]).toBeCloseTo(y, 10);
    });
  });

  it('refuses what is no power of two', () => {
    expect(() => fft(new Float64Array(12), new Float64Array(12))).toThrow('fft: got 12 and 12 values');
  });
});
