/** All options of a forecast can be combined: each keeps its promise beside every other, and one without effect has none. */
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../../test/support/compare.ts';
import { fc } from '../../../test/support/random.ts';
import { Smoothing } from '../../../test/support/smoothing.ts';
import { untrained } from '../../../test/support/untrained.ts';
import { autoregressive, noise } from '../../../test/support/worlds.ts';
import { Random } from '../../core/src/random.ts';
import { openBaseline } from '../src/baselines/index.ts';
import { Forecaster, type SeriesOptions, type SeveralOptions } from '../src/forecaster.ts';
import { openTimeTable } from '../src/timeTable/index.ts';
import type { Forecast, SeriesForecaster } from '../src/types.ts';
import { day, rows } from './timeTable/tables.ts';

const N = 96;
const H = 6;
const front = new Forecaster(new Smoothing());
const random = new Random(5);

/** Sales of a spare part: mostly 0, more with an offer, the second one four steps after the first. */
const offer = Array.from({ length: N + 2 * H }, (_, t) => Number((t * t * 31) % 97 < 12));
const parts = Array.from({ length: N }, (_, t) => (offer[t] ? 4 + (t % 3) : (t * 5) % 13 === 0 ? 1 : 0));
const late = parts.map((_, t) => parts[Math.max(0, t - 4)]);
const times = Array.from({ length: N }, (_, t) => new Date(Date.UTC(2024, 0, 1 + t)));

const rowsOf = ({ mean, median, quantiles, intervals = {} }: Forecast) => [
  mean,
  median,
  ...Object.values(quantiles),
  ...Object.values(intervals).flatMap(({ low, high }) => [low, high]),
];
const expectSame = (got: Forecast, want: Forecast) => {
  expect(Object.keys(got.quantiles)).toEqual(Object.keys(want.quantiles));
  expectClose(rowsOf(got).flat(), rowsOf(want).flat(), 1e-9);
};

/** An option, and what it promises of a forecast of `parts` or of `late`. */
interface Promised {
  options: (horizon: number) => Partial<SeveralOptions>;
  keeps: (forecast: Forecast) => void;
}

const known = (horizon: number) => [{ offer: offer.slice(0, N + horizon) }, { offer: offer.slice(0, N + horizon) }];
const PROMISES: Record<string, Promised> = {
  levels: {
    options: () => ({ levels: [80] }),
    keeps: ({ intervals, quantiles }) => {
      expect(intervals?.['80'].low).toEqual(quantiles['0.1']);
      expect(intervals?.['80'].high).toEqual(quantiles['0.9']);
    },
  },
  quantiles: {
    options: () => ({ quantiles: [0.33] }),
    keeps: ({ quantiles }) => expect(quantiles['0.33']).toHaveLength(H),
  },
  integer: {
    options: () => ({ integer: true }),
    keeps: ({ median, quantiles }) => {
      for (const x of [median, ...Object.values(quantiles)].flat()) expect(Number.isInteger(x)).toBe(true);
    },
  },
  'lower and upper': {
    options: () => ({ lower: 0, upper: 6 }),
    keeps: (forecast) => {
      for (const x of rowsOf(forecast).flat()) expect(x >= 0 && x <= 6).toBe(true);
    },
  },
  nonNegative: {
    options: () => ({ nonNegative: true }),
    keeps: ({ mean }) => {
      for (const x of mean) expect(x).toBeGreaterThanOrEqual(0);
    },
  },
  season: {
    options: () => ({ season: 11 }),
    keeps: ({ median }) => expect(median.every(Number.isFinite)).toBe(true),
  },
  intermittent: {
    options: () => ({ intermittent: true }),
    keeps: ({ demand }) => expect([0, 0.5, 1]).toContain(demand),
  },
  known: {
    options: (horizon) => ({ known: known(horizon) }),
    keeps: ({ covariates }) => expect([...covariates!.used, ...covariates!.dropped]).toContain('offer'),
  },
  past: {
    options: () => ({ past: [{ other: late }, { other: parts }] }),
    keeps: ({ covariates }) => expect([...covariates!.used, ...covariates!.dropped]).toContain('other'),
  },
  calendar: {
    options: () => ({ times, calendar: ['weekday'] }),
    keeps: ({ covariates }) => expect([...covariates!.used, ...covariates!.dropped]).toContain('weekday'),
  },
  holidays: {
    options: () => ({ times, holidays: 'DE-BY' }),
    keeps: ({ covariates }) => expect([...covariates!.used, ...covariates!.dropped]).toContain('holiday'),
  },
  together: {
    options: () => ({ together: true }),
    keeps: ({ covariates }) => {
      expect([...covariates!.used, ...covariates!.dropped].some((name) => /^series [01]$/.test(name))).toBe(true);
    },
  },
  from: {
    options: () => ({ from: 4 }),
    keeps: ({ median }) => expect(median).toHaveLength(H),
  },
};

const names = Object.keys(PROMISES);
const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b] as const));

describe('two options together', () => {
  it.each(pairs)('%s and %s', async (a, b) => {
    const first = a === 'from' || b === 'from' ? 4 : 1;
    const ahead = first - 1 + H;
    const merged = { ...PROMISES[a].options(ahead), ...PROMISES[b].options(ahead) };
    const forecasts = await front.forecast([parts, late], { horizon: H, ...merged } as SeveralOptions);
    for (const forecast of forecasts) {
      PROMISES[a].keeps(forecast);
      PROMISES[b].keeps(forecast);
      const rising = Object.entries(forecast.quantiles).sort(([p], [q]) => Number(p) - Number(q));
      for (const [i, [, row]] of rising.entries()) {
        for (const [t, x] of row.entries()) if (i > 0) expect(x).toBeGreaterThanOrEqual(rising[i - 1][1][t]);
      }
    }
  });

  it('and all of them', async () => {
    const all = Object.assign({}, ...names.map((name) => PROMISES[name].options(3 + H))) as SeveralOptions;
    for (const forecast of await front.forecast([parts, late], { ...all, horizon: H })) {
      for (const name of names) PROMISES[name].keeps(forecast);
    }
  });
});

describe('an option without effect', () => {
  const y = autoregressive(random, N, 0.7).map((x) => 20 + x);
  const neutral: Record<string, Partial<SeriesOptions>> = {
    'far bounds': { lower: -1e9, upper: 1e9 },
    'no intermittent series': { intermittent: true },
    'no covariates': { known: {} },
    'a constant covariate': { known: { one: new Array(N + H).fill(1) } },
    'a mode without covariates': { mode: 'product' },
    'the first step': { from: 1 },
    'times and the same season': { times },
  };
  const forecasters: Record<string, () => Promise<SeriesForecaster>> = {
    network: () => untrained(),
    smoothing: async () => new Smoothing(),
    drift: () => openBaseline('drift'),
  };
  const cases = Object.keys(forecasters).flatMap((name) =>
    Object.keys(neutral).map((option) => [name, option] as const),
  );

  it.each(cases)('of %s: %s', async (name, option) => {
    const forecaster = new Forecaster(await forecasters[name]());
    const base = { horizon: H, levels: [80], season: 7 };
    expectSame(
      await forecaster.forecast(y, { ...base, ...neutral[option] } as SeriesOptions),
      await forecaster.forecast(y, base),
    );
  });

  it('of a single series: together', async () => {
    const [got] = await front.forecast([y], { horizon: H, together: true });
    expectSame(got, await front.forecast(y, { horizon: H }));
  });
});

describe('from', () => {
  it('gives the farther steps of the longer forecast', async () => {
    const network = await untrained();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20 }), async (from, horizon) => {
        const got = await network.forecast(parts, { horizon, from, levels: [80] });
        const whole = await network.forecast(parts, { horizon: from - 1 + horizon, levels: [80] });
        expect(rowsOf(got)).toEqual(rowsOf(whole).map((row) => row.slice(from - 1)));
      }),
      { numRuns: 15 },
    );
    network.dispose();
  });

  it('may be a time', async () => {
    const options = { horizon: 2, times };
    const later = await front.forecast(parts, { ...options, from: '2024-04-08' });
    expect(later.median).toEqual((await front.forecast(parts, { ...options, horizon: 4 })).median.slice(2));
  });

  it.each<[SeriesOptions, string]>([
    [{ horizon: 1, from: 0 }, 'from is 0, expected a number of steps after the last value from 1 on, or a time'],
    [{ horizon: 1, from: '2024-05-01' }, 'from is "2024-05-01", expected a number of steps, because its series has no'],
    [
      { horizon: 1, times, from: '2024-03-01' },
      'which is not after the end of values, expected a time after 2024-04-05',
    ],
    [{ horizon: 1, times, from: 'spring' }, 'from is "spring", expected a time after 2024-04-05'],
    [{ horizon: 9, from: 100_000 }, 'expected at most 100000 steps in total'],
  ])('refuses %j', async (options, message) => {
    await expect(front.forecast(parts, options)).rejects.toThrow(message);
  });
});

describe('parts that change one answer', () => {
  it('are done one after the other: bounds after covariates', async () => {
    const y = offer.slice(0, N).map((x) => 50 + 45 * x + 10 * random.normal());
    const x = { known: { offer: offer.slice(0, N + H) }, horizon: H };
    const free = await front.forecast(y, x);
    const bounded = await front.forecast(y, { ...x, upper: Math.max(...y) });
    expect(bounded.covariates.used).toEqual(['offer']);
    for (const [key, row] of Object.entries(free.quantiles)) {
      expectClose(
        bounded.quantiles[key],
        row.map((q) => Math.min(q, Math.max(...y))),
        1e-9,
      );
    }
  });

  it('use covariates for intermittent series, too', async () => {
    const found = await front.forecast(parts, {
      known: { offer: offer.slice(0, N + H) },
      horizon: H,
      intermittent: true,
    });
    expect(found.covariates.used).toEqual(['offer']);
    const withOffer = found.mean.filter((_, t) => offer[N + t]);
    const without = found.mean.filter((_, t) => !offer[N + t]);
    expect(Math.min(...withOffer)).toBeGreaterThan(Math.max(...without));
  });

  it('read series together with covariates of their own, each with its name', async () => {
    const price = noise(random, N);
    const [, second] = await front.forecast([parts, late], {
      horizon: 3,
      together: true,
      past: [undefined, { price }],
    });
    expect(second.covariates).toMatchObject({ used: ['series 0'], dropped: ['price'] });
    const twice = front.forecast([parts, late], {
      horizon: 3,
      together: true,
      past: [{ 'series 1': price }, undefined],
    });
    await expect(twice).rejects.toThrow("together makes a covariate 'series 1', which is given as well. Rename yours.");
  });
});

describe('a table', () => {
  const text = rows(N + H, (t) => `${day(t)},${t < N ? parts[t] : ''},${offer[t]}`, 'date,sold,offer');
  const open = () => openTimeTable({ text, name: 'x.csv' }, { known: ['offer'] });

  it('has the forecasts of its series given as values, with all options', async () => {
    const options = {
      horizon: H,
      levels: [80],
      intermittent: true,
      upper: 9,
      calendar: ['weekday'],
      quantiles: [0.1, 0.9],
    } as const;
    const [{ series, forecast }] = await front.forecast(await open(), options);
    expect(series.id).toBe('sold');
    const alone = await front.forecast(parts, { ...options, times, known: { offer: offer.slice(0, N + H) } });
    expectSame(forecast, alone);
    expect(forecast.covariates).toEqual(alone.covariates);
  });

  it('is forecast from a time on, wherever its series end', async () => {
    const two = ['date,id,y', ...[9, 12].map((n, k) => rows(n, (t) => `${day(t)},${'ab'[k]},${t}`))].join('\n');
    const found = await front.forecast(await openTimeTable({ text: two }), { horizon: 2, from: '2024-01-14' });
    expect(found.map(({ from, forecast }) => [from, forecast.median.length])).toEqual([
      [5, 2],
      [2, 2],
    ]);
    const early = front.forecast(await openTimeTable({ text: two }), { horizon: 2, from: '2024-01-11' });
    await expect(Promise.resolve(early)).rejects.toThrow(
      'from is "2024-01-11", which is not after the end of series "b", expected a time after 2024-01-12',
    );
  });

  it('may have fewer of its covariates used', async () => {
    const [{ forecast }] = await front.forecast(await open(), { horizon: 3, known: [] });
    expect(forecast.covariates).toBeUndefined();
  });
});

describe('refused', () => {
  const ask = (options: object) => front.forecast(parts, { horizon: 2, ...options } as SeriesOptions);
  const both = (options: object) => front.forecast([parts, late], { horizon: 2, ...options } as SeveralOptions);

  it.each([
    [{ lower: 3, upper: 3 }, 'lower is 3 and upper is 3, expected lower below upper.'],
    [{ nonNegative: true, upper: -1 }, 'nonNegative is true and upper is -1, expected an upper bound above 0.'],
    [{ holidays: 'DE' }, 'values has no times, which holidays need. Give them: the option times'],
    [{ calendar: true }, 'values has no times, which calendar needs.'],
    [{ holidays: { region: 'BY' } }, 'holidays.country is missing, expected a text.'],
    [{ calendar: ['week'] }, 'calendar[0] is "week", expected \'hour\''],
    [{ times: times.slice(1) }, 'times of values are 95, expected 96: one for each value.'],
    [{ times: [...times.slice(1), 'soon'] }, 'times[95] is "soon", expected a time such as "2026-03-01"'],
    [{ times: [times[1], ...times.slice(1)] }, 'times[1] has the time of [0] again, 2024-01-02'],
    [{ known: ['offer'] }, 'known is ["offer"], expected an object of values by name'],
    [{ batch: 3 }, "unknown option 'batch'"],
  ])('for one series: %j', async (options, message) => {
    await expect(ask(options)).rejects.toThrow(message);
  });

  it.each([
    [{ known: { offer } }, 'known is {"offer": '],
    [
      { past: [{ other: parts }] },
      'past is a list of 1, expected a list of 2: an object of values by name for each series',
    ],
    [{ times: [times, times.slice(1)] }, 'times of series 1 are 95, expected 96'],
    [{ past: [undefined, { price: [1, 2] }] }, "series 1: the past covariate 'price' has 2 values, expected 96"],
  ])('for several: %j', async (options, message) => {
    await expect(both(options)).rejects.toThrow(message);
  });
});
