/** Whatever JSON is sent, the answer is one, or says what is wrong: never that the server failed. */
import { expect, it } from 'vitest';
import { fc } from '../../../test/support/random.ts';
import { createHandler } from '../src/index.ts';
import { post } from './ask.ts';
import { fakeForecaster, naive } from './fake.ts';

/** Reads value by value, so that anomalies take no time. */
function stream() {
  const values: number[] = [];
  return {
    observe: (value: number) => void values.push(value),
    forecast: async (options: { horizon: number }) => naive(values, options),
  };
}

const failures: unknown[] = [];
const handler = createHandler({
  forecaster: { ...fakeForecaster(), stream },
  limits: { horizon: 50, forecasts: 200 },
  onError: (error) => failures.push(error),
});

// The forecaster of the test falls over series that begin with −2.
const number = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 60 }) },
  fc.double({ min: 0, max: 1e12, noNaN: true }),
  fc.constant(null),
);
const often = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: arbitrary as fc.Arbitrary<unknown> }, number);
const steps = often(fc.integer({ min: 1, max: 20 }));
const times = fc.array(
  fc.oneof(fc.string(), fc.constantFrom('2026-01-01', '2026-01-02', '2026-02-30', '2026'), number),
);
const covariates = fc.dictionary(fc.string(), fc.array(fc.oneof(number, fc.string(), fc.boolean())));
const named = fc.record(
  { id: fc.jsonValue(), values: fc.array(number), times, known: covariates, past: covariates },
  { requiredKeys: ['values'] },
);
const values = fc.array(number, { minLength: 1, maxLength: 60 });
// Enough to calibrate on and to judge.
const long = fc.array(number, { minLength: 90, maxLength: 120, size: 'max' });
const series = fc.oneof(values, long, long, fc.array(values, { minLength: 1 }), fc.array(named), fc.jsonValue());
const body = fc.record(
  {
    series,
    horizon: steps,
    levels: often(fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 3 })),
    quantiles: often(fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true }), { minLength: 1, maxLength: 3 })),
    season: fc.oneof(steps, fc.array(steps, { minLength: 1, maxLength: 3 })),
    windows: steps,
    falseAlarms: often(fc.double({ min: 0.01, max: 0.5, noNaN: true })),
    start: steps,
    frequency: fc.constantFrom('D', '1h', 'W', 'monthly', 'soon'),
  },
  { requiredKeys: ['series', 'horizon'] },
);

it.each(['forecast', 'anomalies', 'backtest'])('of /v1/%s', async (route) => {
  // Fields that a route does not know would all be refused for that.
  const fields: Record<string, string[]> = {
    forecast: ['series', 'horizon', 'levels', 'quantiles', 'season', 'frequency'],
    anomalies: ['series', 'falseAlarms', 'start', 'season', 'frequency'],
    backtest: ['series', 'horizon', 'levels', 'windows', 'season', 'frequency'],
  };
  const known = body.map((all) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => fields[route].includes(key))),
  );
  const seen: Record<number, number> = {};
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 9, arbitrary: known }, fc.jsonValue()), async (wish) => {
      const { status, json } = await post(handler, `/v1/${route}`, wish);
      seen[status] = (seen[status] ?? 0) + 1;
      expect([200, 400, 422]).toContain(status);
      if (status !== 200) expect(json.error.message).toMatch(/expected|Fix|Give|Say|none/);
    }),
    { numRuns: 150 },
  );
  expect(failures).toEqual([]);
  // Both happen.
  expect(Math.min(seen[200], seen[400])).toBeGreaterThan(10);
});
