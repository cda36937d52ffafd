import { describe, expect, it } from 'vitest';
import {
  autocorrelation,
  detrended,
  differences,
  kurtosis,
  meanOf,
  median,
  moment,
  shareOf,
} from '../../../../test/support/seriesStatistics.ts';
import { Random } from '../../../core/src/random.ts';
import { CATALOGUE } from '../../src/synthetic/catalogue.ts';
import { arima, stablePolynomial } from '../../src/synthetic/priors/arima.ts';
import { bursts, counts, intermittent } from '../../src/synthetic/priors/counts.ts';
import { dailyLife } from '../../src/synthetic/priors/dailyLife.ts';
import { exponentialSmoothing } from '../../src/synthetic/priors/exponentialSmoothing.ts';
import { gaussianProcess, stationaryPath } from '../../src/synthetic/priors/gaussianProcess.ts';
import { localLevel } from '../../src/synthetic/priors/localLevel.ts';
import { oscillator } from '../../src/synthetic/priors/oscillators.ts';
import { regimes } from '../../src/synthetic/priors/regimes.ts';
import { sales } from '../../src/synthetic/priors/sales.ts';
import { sensor } from '../../src/synthetic/priors/sensors.ts';
import { trendSeason } from '../../src/synthetic/priors/trendSeason.ts';
import { volatility } from '../../src/synthetic/priors/volatility.ts';
import { waves } from '../../src/synthetic/priors/waves.ts';
import type { Draft } from '../../src/synthetic/vector.ts';

const drafts = (draw: (random: Random, length: number) => Draft, count = 60, length = 400): Draft[] => {
  const random = new Random(2024);
  return Array.from({ length: count }, () => draw(random, length));
};

/** Of the drafts with a season, the part in which one season's distance is more alike than half of it. */
function seasonalShare(all: Draft[]): number {
  const clear = all.filter(({ season, values }) => season && season >= 4 && 4 * season <= values.length);
  expect(clear.length).toBeGreaterThan(10);
  return shareOf(clear, ({ season = 0, values }) => {
    const flat = detrended(values, season);
    return autocorrelation(flat, season) > autocorrelation(flat, season >> 1) + 0.05;
  });
}

describe.each(CATALOGUE)('$name', ({ draw }) => {
  it.each([1, 2, 7, 64, 333])('gives %i finite values', (length) => {
    for (const { values, season } of drafts(draw, 40, length)) {
      expect(values).toHaveLength(length);
      expect(values.every(Number.isFinite)).toBe(true);
      if (season !== undefined) expect(Number.isInteger(season) && season >= 2).toBe(true);
    }
  });

  it('is the same for the same seed, and not for another', () => {
    const one = draw(new Random(5), 100);
    expect(draw(new Random(5), 100)).toEqual(one);
    expect(draw(new Random(6), 100)).not.toEqual(one);
  });

  it('is hardly ever constant, and respects its support', () => {
    const all = drafts(draw, 150, 200);
    expect(shareOf(all, ({ values }) => moment(values, 2) < 1e-10 * (1 + meanOf(values) ** 2))).toBeLessThan(0.03);
    for (const { values, support } of all) {
      if (support) expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      if (support === 'counts') expect(values.every(Number.isInteger)).toBe(true);
    }
  });

  it('has no values far outside its own spread', () => {
    for (const { values } of drafts(draw, 60, 512)) {
      const spread = Math.sqrt(moment(values, 2));
      expect(Math.max(...values.map((value) => Math.abs(value - meanOf(values))))).toBeLessThan(1e-9 + 60 * spread);
    }
  });
});

describe('the season of a draft is visible', () => {
  it.each([
    ['dailyLife', dailyLife, 0.85],
    ['trendSeason', trendSeason, 0.75],
    ['exponentialSmoothing', exponentialSmoothing, 0.6],
    ['waves', waves, 0.8],
    ['sales', sales, 0.6],
    ['arima', arima, 0.5],
  ])('%s', (_, draw, least) => {
    expect(seasonalShare(drafts(draw))).toBeGreaterThan(least);
  });
});

describe('gaussianProcess', () => {
  it.each([
    ['rough', (lag: number) => Math.exp(-lag / 8)],
    ['smooth', (lag: number) => Math.exp(-0.5 * (lag / 6) ** 2)],
    ['periodic and smooth', (lag: number) => Math.exp(-2 * Math.sin((Math.PI * lag) / 12) ** 2 - (lag / 60) ** 2)],
  ])('has the covariance of its kernel: %s', (_, kernel) => {
    const random = new Random(11);
    const count = 1500;
    const lags = [0, 1, 6, 12, 30];
    const sums = lags.map(() => 0);
    for (let k = 0; k < count; k++) {
      const path = stationaryPath(random, 64, kernel);
      lags.forEach((lag, j) => {
        // Several starts, the borders among them.
        for (const from of [0, 10, 20, 63 - lag]) sums[j] += (path[from] * path[from + lag]) / (4 * count);
      });
    }
    lags.forEach((lag, j) => {
      expect(Math.abs(sums[j] - kernel(lag))).toBeLessThan(0.12);
    });
  });

  it('repeats with a purely periodic kernel', () => {
    const path = stationaryPath(new Random(3), 480, (lag) => Math.exp(-2 * Math.sin((Math.PI * lag) / 24) ** 2));
    expect(autocorrelation(path, 24)).toBeGreaterThan(0.9);
    expect(autocorrelation(path, 12)).toBeLessThan(0.5);
  });

  it('is smooth in some draws and rough in others', () => {
    const memory = drafts(gaussianProcess).map(({ values }) => autocorrelation(values, 1));
    expect(Math.max(...memory)).toBeGreaterThan(0.97);
    expect(Math.min(...memory)).toBeLessThan(0.6);
  });
});

describe('arima', () => {
  it('has stable polynomials for any partial autocorrelations', () => {
    const random = new Random(1);
    for (let k = 0; k < 50; k++) {
      const a = stablePolynomial(Array.from({ length: 4 }, () => 1.9 * (random.uniform() - 0.5)));
      // What an impulse leaves behind: the last four values of its response.
      let recent = [1, 0, 0, 0];
      for (let i = 0; i < 40_000; i++) {
        recent = [a.reduce((sum, value, j) => sum + value * recent[j], 0), ...recent.slice(0, 3)];
      }
      expect(Math.max(...recent.map(Math.abs))).toBeLessThan(1e-6);
    }
    expect(stablePolynomial([0.5])).toEqual([0.5]);
  });

  it('is integrated in a part of its draws', () => {
    const memory = drafts(arima).map(({ values }) => autocorrelation(values, 1));
    expect(shareOf(memory, (value) => value > 0.95)).toBeGreaterThan(0.15);
    expect(shareOf(memory, (value) => value < 0.7)).toBeGreaterThan(0.15);
  });
});

describe('localLevel', () => {
  it('has a persistent level and heavy-tailed steps', () => {
    const all = drafts(localLevel, 80);
    expect(median(all.map(({ values }) => autocorrelation(values, 1)))).toBeGreaterThan(0.7);
    expect(median(all.map(({ values }) => kurtosis(differences(values))))).toBeGreaterThan(3.5);
  });
});

describe('volatility', () => {
  it('clusters: large moves follow large ones, of either sign', () => {
    const moves = drafts(volatility, 60, 1500).map(({ values }) => differences(values));
    expect(median(moves.map((x) => autocorrelation(x.map(Math.abs), 1)))).toBeGreaterThan(0.08);
    expect(median(moves.map(kurtosis))).toBeGreaterThan(4);
  });
});

describe('regimes', () => {
  it('differ in level, far more than the noise of one level', () => {
    const spread = drafts(regimes, 60, 600).map(({ values }) => {
      const windows = Array.from({ length: 15 }, (_, k) => meanOf(values.slice(40 * k, 40 * k + 40)));
      return moment(windows, 2) / moment(values, 2);
    });
    // White noise: 1/40.
    expect(median(spread)).toBeGreaterThan(0.3);
  });
});

describe('counts', () => {
  it('vary at least as much as Poisson counts', () => {
    const ratio = drafts(counts).map(({ values }) => moment(values, 2) / meanOf(values));
    expect(median(ratio)).toBeGreaterThan(1.2);
    expect(shareOf(ratio, (value) => value < 0.6)).toBeLessThan(0.05);
  });

  it('intermittent demand is mostly, but seldom always zero', () => {
    const zeros = drafts(intermittent).map(({ values }) => shareOf(values, (value) => value === 0));
    expect(median(zeros)).toBeGreaterThan(0.5);
    expect(Math.min(...zeros)).toBeLessThan(0.5);
    expect(shareOf(zeros, (share) => share > 0.985)).toBeLessThan(0.05);
  });

  it('bursts are self-exciting', () => {
    const all = drafts(bursts, 60, 800);
    expect(median(all.map(({ values }) => autocorrelation(values, 1)))).toBeGreaterThan(0.1);
    expect(median(all.map(({ values }) => moment(values, 2) / meanOf(values)))).toBeGreaterThan(1.3);
  });
});

describe('dailyLife', () => {
  it('has a weekly season where weekends differ', () => {
    const hourly = drafts(dailyLife, 120, 24 * 7 * 6).filter(({ season }) => season === 24);
    const weekly = hourly.map(({ values }) => autocorrelation(values, 168) - autocorrelation(values, 72));
    expect(shareOf(weekly, (value) => value > 0.1)).toBeGreaterThan(0.25);
  });
});

describe('sensors', () => {
  it('are slow: neighbours are similar, and rises may be steeper than falls', () => {
    const all = drafts(sensor, 80, 500);
    expect(median(all.map(({ values }) => autocorrelation(values, 1)))).toBeGreaterThan(0.75);
    const rivers = all.filter(({ season }) => season === undefined);
    expect(rivers.length).toBeGreaterThan(2);
    expect(median(rivers.map(({ values }) => moment(differences(values), 3)))).toBeGreaterThan(0);
  });
});

describe('oscillator', () => {
  it('oscillates: it is negatively correlated at some lag', () => {
    const deepest = drafts(oscillator).map(({ values }) =>
      Math.min(...Array.from({ length: 130 }, (_, lag) => autocorrelation(values, lag + 1))),
    );
    expect(median(deepest)).toBeLessThan(-0.2);
  });
});
