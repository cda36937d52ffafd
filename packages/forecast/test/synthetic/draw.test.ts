import { describe, expect, it } from 'vitest';
import { autocorrelation, kurtosis, meanOf, moment, shareOf } from '../../../../test/support/seriesStatistics.ts';
import { Random } from '../../../core/src/random.ts';
import {
  beta,
  exponential,
  gamma,
  logBetween,
  negativeBinomial,
  normals,
  pickWeighted,
  poisson,
  studentT,
  whole,
} from '../../src/synthetic/draw.ts';
import { noise, slowPath, whiteNoise } from '../../src/synthetic/noise.ts';

const COUNT = 20_000;
const drawn = (draw: (random: Random) => number) => {
  const random = new Random(7);
  return Array.from({ length: COUNT }, () => draw(random));
};

describe('draws have the moments of their distribution', () => {
  it.each([
    ['gamma 0.5', (r: Random) => gamma(r, 0.5), 0.5, 0.5],
    ['gamma 4', (r: Random) => gamma(r, 4), 4, 4],
    ['exponential', exponential, 1, 1],
    ['beta 2, 6', (r: Random) => beta(r, 2, 6), 0.25, 12 / (64 * 9)],
    ['Poisson 3', (r: Random) => poisson(r, 3), 3, 3],
    ['Poisson 80', (r: Random) => poisson(r, 80), 80, 80],
    ['negative binomial', (r: Random) => negativeBinomial(r, 5, 2), 5, 5 + 25 / 2],
    ['Student 8', (r: Random) => studentT(r, 8), 0, 8 / 6],
    ['whole 2 … 5', (r: Random) => whole(r, 2, 5), 3.5, 15 / 12],
  ])('%s', (_, draw, mean, variance) => {
    const values = drawn(draw);
    // Six standard errors; the variance is allowed 10 %.
    expect(Math.abs(meanOf(values) - mean)).toBeLessThan(6 * Math.sqrt(variance / COUNT));
    expect(moment(values, 2) / variance).toBeCloseTo(1, 0.5);
    expect(Math.abs(moment(values, 2) / variance - 1)).toBeLessThan(0.1);
  });

  it('logBetween makes every factor of ten equally likely', () => {
    const values = drawn((random) => logBetween(random, 1, 1000));
    for (const power of [0, 1, 2]) {
      const share = shareOf(values, (value) => Math.floor(Math.log10(value)) === power);
      expect(Math.abs(share - 1 / 3)).toBeLessThan(0.02);
    }
  });

  it('pickWeighted picks in proportion', () => {
    const items = [{ weight: 1 }, { weight: 3 }, { weight: 0 }];
    const random = new Random(1);
    const picked = Array.from({ length: COUNT }, () => pickWeighted(random, items));
    expect(Math.abs(shareOf(picked, (item) => item === items[1]) - 0.75)).toBeLessThan(0.02);
    expect(picked).not.toContain(items[2]);
  });
});

describe('noise', () => {
  it('normals are white and normal, also for odd lengths', () => {
    const values = normals(new Random(2), COUNT + 1);
    expect(values).toHaveLength(COUNT + 1);
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(0.05);
    expect(Math.abs(kurtosis(values) - 3)).toBeLessThan(0.25);
    expect(Math.abs(autocorrelation(values, 1))).toBeLessThan(0.04);
  });

  it('heavy noise has heavy tails', () => {
    expect(kurtosis(whiteNoise(new Random(3), COUNT, 'heavy'))).toBeGreaterThan(3.5);
    expect(kurtosis(whiteNoise(new Random(3), COUNT, 'laplace'))).toBeGreaterThan(4.5);
  });

  it('skewed noise is skewed', () => {
    expect(Math.abs(moment(whiteNoise(new Random(4), COUNT, 'skewed'), 3))).toBeGreaterThan(0.5);
  });

  it('has mean 0 and variance 1 in every kind', () => {
    const random = new Random(5);
    for (let k = 0; k < 30; k++) {
      const values = noise(random, 500, 24);
      expect(Math.abs(meanOf(values))).toBeLessThan(1e-9);
      expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(1e-9);
    }
  });

  it('a slow path is smooth over its spacing and uncorrelated beyond', () => {
    const path = slowPath(new Random(6), COUNT, 50);
    expect(autocorrelation(path, 5)).toBeGreaterThan(0.9);
    expect(Math.abs(autocorrelation(path, 200))).toBeLessThan(0.2);
  });
});
