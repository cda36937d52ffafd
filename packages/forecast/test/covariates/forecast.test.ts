import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import { Smoothing } from '../../../../test/support/smoothing.ts';
import { autoregressive, noise, quantileError, wave } from '../../../../test/support/worlds.ts';
import { Random } from '../../../core/src/random.ts';
import type { SeriesData } from '../../src/compose/index.ts';
import { Forecaster, type SeriesOptions } from '../../src/forecaster.ts';
import { GRID } from '../../src/quantiles.ts';
import type { Values } from '../../src/types.ts';

const H = 12;
const forecaster = new Smoothing();
const ask = (values: Values, given: SeriesData, options: Partial<SeriesOptions> = {}) =>
  new Forecaster(forecaster).forecast(values, {
    ...{ horizon: H, quantiles: GRID, ...options },
    past: given.past,
    known: given.known ?? {},
  });

interface World {
  y: number[];
  past?: Record<string, number[]>;
  known?: Record<string, (number | string | boolean)[]>;
}

/** Errors with covariates, as parts of those without, and how often they were used. */
async function compare(make: (random: Random, n: number) => World, n: number, options: Partial<SeriesOptions> = {}) {
  let [alone, together, used, covered] = [0, 0, 0, 0];
  const runs = 12;
  for (let seed = 0; seed < runs; seed++) {
    const { y, ...given } = make(new Random(seed).fork('worlds'), n + H);
    const past = given.past && Object.fromEntries(Object.entries(given.past).map(([name, x]) => [name, x.slice(0, n)]));
    const [plain] = await forecaster.forecastAll([y.slice(0, n)], { horizon: H, quantiles: GRID });
    const joint = await ask(y.slice(0, n), { ...given, past }, options);
    const actual = y.slice(n);
    alone += quantileError(plain, actual);
    together += quantileError(joint, actual);
    used += Number(joint.covariates.used.length > 0);
    covered += actual.filter((x, t) => x >= joint.quantiles['0.1'][t] && x <= joint.quantiles['0.9'][t]).length;
  }
  return { ratio: together / alone, used: used / runs, coverage: covered / (runs * H) };
}

const lead =
  (steps: number) =>
  (random: Random, n: number): World => {
    const x = autoregressive(random, n, 0.7);
    return { y: x.map((_, t) => 10 + 2 * x[Math.max(0, t - steps)] + random.normal()), past: { x } };
  };

it('static covariates change nothing: each series is forecast from its own past', async () => {
  const y = Array.from({ length: 80 }, (_, t) => 10 + wave(t, 12) + 0.1 * noise(new Random(t), 1)[0]);
  const known = { region: new Array(80 + H).fill('north'), size: new Array(80 + H).fill(3) };
  const { covariates, ...answer } = await ask(y, { known });
  expect(covariates).toMatchObject({ used: [], dropped: ['region', 'size'] });
  const { covariates: none, ...alone } = await ask(y, {});
  expect(none.used).toEqual([]);
  expect(answer).toEqual(alone);
});

describe('known covariates', () => {
  it('that matter help, under a season', async () => {
    const { ratio, coverage } = await compare((random, n) => {
      const x = autoregressive(random, n, 0.8);
      return { y: x.map((v, t) => 50 + 3 * v + 5 * wave(t, 12) + random.normal()), known: { x } };
    }, 120);
    expect(ratio).toBeLessThan(0.3);
    expect(coverage).toBeGreaterThan(0.65);
  });

  it('that come late are found', async () => {
    const { ratio } = await compare((random, n) => {
      const x = noise(random, n);
      return { y: x.map((_, t) => 10 + 2 * x[Math.max(0, t - 2)] + random.normal()), known: { x } };
    }, 120);
    expect(ratio).toBeLessThan(0.6);
  });

  it('that have nothing to do with it do no harm', async () => {
    const { ratio, used } = await compare((random, n) => {
      const level = autoregressive(random, n, 1);
      const offer = Array.from({ length: n }, () => random.uniform() < 0.1);
      return {
        y: level.map((v, t) => v + 3 * wave(t, 12) + random.normal()),
        known: { a: noise(random, n), walk: autoregressive(random, n, 1), offer },
      };
    }, 120);
    expect(used).toBeLessThanOrEqual(0.1);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
  });

  it('are told in the result: what an offer that doubles adds', async () => {
    const random = new Random(5);
    const offer = Array.from({ length: 112 }, (_, t) => (t === 104 ? true : random.uniform() < 0.12));
    const y = offer.map((is, t) => 100 * (1 + 0.3 * wave(t, 7)) * (is ? 2 : 1) * Math.exp(0.05 * random.normal()));
    const { covariates, median } = await ask(
      y.slice(0, 100),
      { known: { offer, none: noise(random, 112) } },
      { mode: 'product' },
    );
    expect(covariates).toMatchObject({ used: ['offer'], dropped: ['none'], mode: 'product' });
    const { offer: factors } = covariates.effect;
    expect(factors[4] / factors[5]).toBeGreaterThan(1.8);
    expect(factors[4] / factors[5]).toBeLessThan(2.2);
    expect(Math.abs(median[4] / y[104] - 1)).toBeLessThan(0.25);
    expect(covariates.gain).toBeGreaterThan(0.2);
  });

  it('may be kinds, and have gaps, as the series may', async () => {
    const random = new Random(6);
    const kinds = Array.from({ length: 132 }, () => ['dry', 'rain', 'snow'][random.int(3)]);
    const size: Record<string, number> = { dry: 0, rain: 5, snow: -7 };
    const y = kinds.map((kind, t) => (t % 11 === 3 ? Number.NaN : 40 + size[kind] + 0.5 * random.normal()));
    const weather = kinds.map((kind, t) => (t === 7 ? null : kind));
    const price = kinds.map((_, t) => (t === 9 || t === 125 ? Number.NaN : random.normal()));
    const { covariates } = await ask(y.slice(0, 120), { known: { weather, price } });
    expect(covariates.used).toEqual(['weather']);
    const of = (kind: string) => covariates.effect.weather[kinds.indexOf(kind, 120) - 120];
    expect(of('rain') - of('snow')).toBeGreaterThan(11);
    expect(of('rain') - of('snow')).toBeLessThan(13);
  });

  it('may be constant or twice the same', async () => {
    const random = new Random(7);
    const x = noise(random, 92);
    const y = x.map((v) => 5 + v + 0.1 * random.normal()).slice(0, 80);
    const { covariates, mean } = await ask(y, { known: { one: x.map(() => 1), x, again: x.map((v) => 3 * v - 2) } });
    expect(covariates.used).toHaveLength(1);
    expect(covariates.dropped).toContain('one');
    x.slice(80).forEach((v, t) => {
      expect(Math.abs(mean[t] - 5 - v)).toBeLessThan(0.5);
    });
  });

  it('say where they go beyond what has been', async () => {
    const random = new Random(11);
    const price = noise(random, 92).map((x, t) => (t === 85 ? 9 : x));
    const kind = Array.from({ length: 92 }, (_, t) => (t === 90 ? 'new' : ['a', 'b'][random.int(2)]));
    const y = price.map((x, t) => 20 + 2 * x + (kind[t] === 'a' ? 3 : 0) + 0.3 * random.normal());
    const { covariates, median } = await ask(y.slice(0, 80), { known: { price, kind, calm: noise(random, 92) } });
    expect(covariates.beyond).toEqual(['price', 'kind']);
    expect(Math.abs(median[5] - y[85])).toBeLessThan(2.5);
  });

  it('keep the quantiles in order, above 0 and whole where asked', async () => {
    const random = new Random(8);
    const x = noise(random, 92);
    const y = x.map((v) => Math.max(0, Math.round(2 + 2 * v + random.normal()))).slice(0, 80);
    const { quantiles, intervals, covariates } = await ask(y, { known: { x } }, { integer: true, levels: [80] });
    expect(covariates.used).toEqual(['x']);
    for (let t = 0; t < H; t++) {
      const row = GRID.map((p) => quantiles[p][t]);
      expect(row).toEqual([...row].sort((a, b) => a - b));
      expect(row[0]).toBeGreaterThanOrEqual(0);
      expect(row.every(Number.isInteger)).toBe(true);
    }
    expect(intervals?.['80'].low).toEqual(quantiles['0.1']);
  });

  it('of a series that is too short are not used', async () => {
    const { covariates, mean } = await ask([1, 2, 3, 4, 5], { known: { x: noise(new Random(1), 5 + H) } });
    expect(covariates).toEqual({ used: [], dropped: ['x'], beyond: [], effect: {}, gain: undefined });
    expect(mean).toHaveLength(H);
  });
});

describe('past covariates', () => {
  it('that lead help over the steps that they reach', async () => {
    const [near, far] = [await compare(lead(6), 120), await compare(lead(14), 120)];
    expect(near.ratio).toBeLessThan(0.85);
    expect(far.ratio).toBeLessThan(0.5);
    expect(near.coverage).toBeGreaterThan(0.65);
  });

  it('that have nothing to do with it do no harm', async () => {
    const { ratio, used } = await compare((random, n) => {
      return { y: autoregressive(random, n, 0.7), past: { x: autoregressive(random, n, 1), z: noise(random, n) } };
    }, 120);
    expect(used).toBeLessThanOrEqual(0.1);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
  });
});

it('whatever is given has an answer that is finite and in order', async () => {
  const value = fc.oneof(
    { weight: 5, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, 0, 1e12) },
  );
  const world = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 9 })).chain(([n, horizon]) =>
    fc.record({
      horizon: fc.constant(horizon),
      y: fc.array(value, { minLength: n, maxLength: n }).map((y) => [1, ...y.slice(1)]),
      known: fc.array(value, { minLength: n + horizon, maxLength: n + horizon }),
      past: fc.array(value, { minLength: n, maxLength: n }),
      weight: fc.double({ min: -5, max: 5, noNaN: true }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(world, async ({ horizon, y, known, past, weight }) => {
      // A weight makes some of them matter.
      const values = y.map((x, t) => x / 100 + weight * known[t]);
      values[0] = 1;
      const { quantiles, mean } = await ask(values, { known: { known }, past: { past } }, { horizon });
      mean.forEach((x, t) => {
        const row = GRID.map((p) => quantiles[p][t]);
        expect(row.every(Number.isFinite)).toBe(true);
        expect(row).toEqual([...row].sort((a, b) => a - b));
        expect(x).toBeGreaterThanOrEqual(row[0] - 1e-6 * Math.abs(x));
        expect(x).toBeLessThanOrEqual(row[row.length - 1] + 1e-6 * Math.abs(x));
      });
    }),
    { numRuns: 150 },
  );
});

describe('refused', () => {
  const y = noise(new Random(9), 30);
  const x = (n: number) => noise(new Random(10), n);
  it.each<[string, SeriesData, string]>([
    [
      'short',
      { known: { price: x(41) } },
      "forecast: the known covariate 'price' has 41 values, expected 42: 30 of the series and 12 ahead.",
    ],
    ['not ahead', { known: { price: x(30) } }, 'If it is not known ahead, give it in past.'],
    [
      'ahead',
      { past: { price: x(42) } },
      "the past covariate 'price' has 42 values, expected 30: one for each value of the series. If it is known ahead, give it in known.",
    ],
    [
      'twice',
      { past: { a: x(30) }, known: { a: x(42) } },
      "the covariate 'a' is in past and in known, expected it in one.",
    ],
    [
      'infinite',
      { past: { a: [Infinity, ...x(29)] } },
      "the covariate 'a' has Infinity at 0, expected a finite number",
    ],
    ['mixed', { past: { a: ['x', ...x(29)] } }, 'at 1 among values of type string, expected one type.'],
    [
      'names',
      { past: { a: [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'] } },
      "'a' has 52 values, expected 30",
    ],
    ['no list', { past: { a: 3 as unknown as number[] } }, "the covariate 'a' is 3, expected a list of values"],
    [
      'kinds that end',
      { known: { a: [...Array(20).fill('x'), ...Array(20).fill('y'), null, null] } },
      "the known covariate 'a' has no value at 40, expected a kind for every step",
    ],
  ])('%s', async (_, given, message) => {
    await expect(ask(y, given)).rejects.toThrow(message);
  });

  it('too many kinds, an unknown mode, a product of what is not positive', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `id ${i}`);
    await expect(ask(noise(new Random(1), 60), { past: { ids } })).rejects.toThrow(
      "'ids' has 60 kinds, expected at most 50.",
    );
    await expect(ask(y, {}, { mode: 'xreg' as 'product' })).rejects.toThrow(
      'forecast: mode is "xreg", expected \'regress-first\'',
    );
    await expect(ask(y, { known: { x: x(42) } }, { mode: 'product' })).rejects.toThrow(
      'values has values of 0 or less',
    );
  });
});
