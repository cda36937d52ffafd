import { describe, expect, it } from 'vitest';
import type { BaseOptions, Values } from '../../forecast/src/types.ts';
import { createHandler } from '../src/index.ts';
import { post } from './ask.ts';
import { naive } from './fake.ts';

const seen: { values: number[]; options: BaseOptions }[] = [];
const forecaster = {
  name: 'spy',
  async forecastAll(series: readonly Values[], options: BaseOptions) {
    seen.push(...series.map((values) => ({ values: Array.from(values), options })));
    return series.map((values) => naive(values, { ...options, season: 1 }));
  },
};
const handler = createHandler({ forecaster, limits: { points: 1000 } });

async function ask(series: object[], more: object = {}) {
  seen.length = 0;
  const { status, json } = await post(handler, '/v1/forecast', { series, horizon: 2, ...more });
  return { status, error: json.error, times: (json.forecasts as { times?: unknown[] }[])?.map(({ times }) => times) };
}

describe('times of a request', () => {
  it.each([
    [
      ['2026-01-30', '2026-01-31', '2026-02-01'],
      ['2026-02-02', '2026-02-03'],
    ],
    [
      ['2025-11-30', '2025-12-31', '2026-01-31'],
      ['2026-02-28', '2026-03-31'],
    ],
    [
      ['2026-03-01T22:00:00Z', '2026-03-01T23:00:00Z', '2026-03-02T00:00:00Z'],
      ['2026-03-02T01:00:00Z', '2026-03-02T02:00:00Z'],
    ],
    [
      ['2024 Q3', '2024 Q4', '2025 Q1'],
      ['2025 Q2', '2025 Q3'],
    ],
    [
      [1_700_000_000_000, 1_700_000_060_000, 1_700_000_120_000],
      [1_700_000_180_000, 1_700_000_240_000],
    ],
    [
      [1, 2, 3],
      [4, 5],
    ],
  ])('%j are followed by %j', async (times, ahead) => {
    const answer = await ask([{ values: [1, 2, 3], times }]);
    expect(answer).toEqual({ status: 200, error: undefined, times: [ahead] });
  });

  it('come as they like: sorted, gaps filled', async () => {
    const times = ['2026-01-05', '2026-01-01', '2026-01-02', '2026-01-03'];
    const answer = await ask([{ values: [5, 1, 2, 3], times }, { values: [9, 8] }]);
    expect(answer.times).toEqual([['2026-01-06', '2026-01-07'], undefined]);
    expect(seen.map(({ values }) => values)).toEqual([
      [1, 2, 3, Number.NaN, 5],
      [9, 8],
    ]);
  });

  it('take covariates along, and what is known ahead with the times ahead', async () => {
    const n = 60;
    const days = Array.from({ length: n }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10));
    const offers = Array.from({ length: n + 2 }, (_, i) => (i % 5 === 1 ? 'half' : 'none'));
    const values = days.map((_, i) => (offers[i] === 'half' ? 200 : 100) + (i % 3));
    // The middle day lacks, and the last comes first.
    const kept = [n - 1, ...days.keys()].filter((i, k) => i !== 30 && (k === 0 || i !== n - 1));
    const pick = <T>(all: readonly T[]) => kept.map((i) => all[i]);
    const series = [
      { values: pick(values), times: pick(days), known: { offer: [...pick(offers), ...offers.slice(n)] } },
    ];
    const { json } = await post(handler, '/v1/forecast', { series, horizon: 2 });
    const [{ times, median, covariates }] = json.forecasts as {
      times: string[];
      median: number[];
      covariates: object;
    }[];
    expect(times).toEqual(['2026-03-02', '2026-03-03']);
    expect(covariates).toMatchObject({ used: ['offer'], dropped: [] });
    // Of days 60 and 61 the second has an offer.
    expect(median[1] - median[0]).toBeGreaterThan(80);
  });

  it('say the season where the request does not', async () => {
    const hours = Array.from({ length: 50 }, (_, i) => new Date(Date.UTC(2026, 0, 1, i)).toISOString());
    const series = [{ values: hours.map((_, i) => i), times: hours }];
    await ask(series);
    expect(seen[0].options.season).toEqual({ likely: [24, 168] });
    await ask(series, { season: 12 });
    expect(seen[0].options.season).toBe(12);
    await ask([{ values: [1, 2, 3] }], { frequency: 'monthly' });
    expect(seen[0].options.season).toEqual({ likely: [12] });
    await ask([{ values: [1, 2, 3] }]);
    expect(seen[0].options.season).toBeUndefined();
  });

  it.each([
    [
      ['2026-01-01', 'soon', '2026-01-03', '2026-01-04', '2026-01-05'],
      'series[0].times[1]',
      'series[0].times[1] is "soon", expected a time such as',
    ],
    [['a', 'b'], 'series[0].times[0]', 'series[0].times[0] is "a", expected a time such as'],
    [
      ['2026-01-01', '2026-01-01', '2026-01-02'],
      'series[0].times',
      'series[0].times[1] has the time of [0] again, 2026-01-01. Fix the times, or leave them out.',
    ],
    [['2026-01-01', null], 'series[0].times[1]', 'series[0].times[1] is null, expected a time such as'],
    [
      ['03/04/2024', '04/05/2024'],
      'series[0].times',
      'series[0].times has "03/04/2024", which can be read with the day or the month first. Fix the times',
    ],
    [['1900-01-01', '1900-01-02', '2026-01-01'], 'series', 'values, expected at most 1000.'],
  ])('400 for %j', async (times, path, message) => {
    const { status, error } = await ask([{ values: times.map(() => 1), times }]);
    expect(error.message).toContain(message);
    expect({ status, path: error.path }).toEqual({ status: 400, path });
  });

  it('400 for a frequency that there is not', async () => {
    const { status, error } = await ask([{ values: [1, 2] }], { frequency: 'fortnightish' });
    expect({ status, path: error.path }).toEqual({ status: 400, path: 'frequency' });
    expect(error.message).toMatch(/^frequency is "?fortnightish"?, expected/);
  });
});
