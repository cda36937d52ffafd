/** What holds for every part of a forecast: its options are its own, and without them it changes nothing. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import { lastValue, normalForecaster } from '../../../test/support/forecasters.ts';
import { field, type ValuesOf } from '../../core/src/schema/index.ts';
import { baseFields, baseOptionsOf } from '../src/baseOptions.ts';
import { mapForecast } from '../src/mapForecast.ts';
import { checkForecast, type ForecastOptions, forecastFields } from '../src/options.ts';
import { fieldsOf, forecastPart, type PartOptions } from '../src/part.ts';
import { answerParts, pastParts } from '../src/parts.ts';
import type { Task, TaskForecaster } from '../src/task.ts';

const parts = [...answerParts, ...pastParts];
const own = normalForecaster('own', lastValue);
const inner: TaskForecaster = {
  forecastAll: (tasks, options) =>
    own.forecastAll(
      tasks.map(({ values }) => values),
      options,
    ),
};
const task = (values: number[]): Task => ({
  id: 'a',
  name: 'values',
  values: Float64Array.from(values),
  seasons: [],
});

/** The forecaster with all parts that are listed. */
const wrapped = (options: ForecastOptions) => {
  const checked = checkForecast(options);
  let composed = inner;
  for (const part of parts) composed = part.wrap(composed, checked);
  return { composed, base: baseOptionsOf(checked) };
};

describe('the parts of a forecast', () => {
  it('declare options of different names, all of them options of a forecast', () => {
    const names = [...Object.keys(baseFields), ...parts.flatMap(({ fields }) => Object.keys(fields))];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(forecastFields).toHaveProperty(name);
    expect(Object.keys(fieldsOf(parts)).length + Object.keys(baseFields).length).toBe(names.length);
  });

  it('leave the forecaster as it is where their options change nothing', () => {
    expect(wrapped({ horizon: 2 }).composed).toBe(inner);
    expect(wrapped({ horizon: 2, intermittent: false, nonNegative: false }).composed).toBe(inner);
  });

  it.each([
    [{ lower: 0 }, [3, 1, 2]],
    [{ intermittent: true }, [0, 0, 3, 0]],
    [{ lower: 0, upper: 9, integer: true, intermittent: true }, [0, 0, 3, 0]],
  ])('change a forecast as %o says, in the form that the options name', async (more, values) => {
    const { composed, base } = wrapped({ horizon: 2, quantiles: [0.01, 0.5, 0.99], ...more });
    expect(composed).not.toBe(inner);
    const [{ quantiles, mean }] = await composed.forecastAll([task(values)], base);
    expect(mean).toHaveLength(2);
    expect(Object.keys(quantiles)).toEqual(['0.01', '0.5', '0.99']);
    expect(Math.min(...quantiles['0.01'])).toBeGreaterThanOrEqual(0);
  });
});

/** The example of docs/architecture.md. */
const round = forecastPart({
  fields: { round: field.optional(field.whole({ min: 0, max: 20 })) },
  wrap(inner, { round }) {
    if (round === undefined) return inner;
    const rounded = (steps: number[]) => steps.map((x) => Number(x.toFixed(round)));
    return {
      async forecastAll(tasks, options) {
        const forecasts = await inner.forecastAll(tasks, options);
        return forecasts.map((forecast) => mapForecast(forecast, rounded));
      },
    };
  },
});

describe('a part of its own', () => {
  it('has the types of its fields, and of those of the parts that it is listed with', () => {
    expectTypeOf<PartOptions<typeof round.fields>['round']>().toEqualTypeOf<number | undefined>();
    const fields = fieldsOf([...answerParts, round]);
    expectTypeOf<ValuesOf<typeof fields>['round']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<ValuesOf<typeof fields>['lower']>().toEqualTypeOf<number | undefined>();
    expect(Object.keys(fields)).toContain('round');
  });

  it('changes each list of numbers of a forecast', async () => {
    const { season: _, ...checked } = checkForecast({ horizon: 2, levels: [80] });
    const options = { ...checked, round: 1 };
    const [forecast] = await round.wrap(inner, options).forecastAll([task([1, 2.123, 3.456])], baseOptionsOf(options));
    expect(forecast.median).toEqual([3.5, 3.5]);
    for (const list of [forecast.mean, ...Object.values(forecast.quantiles), forecast.intervals?.['80'].low]) {
      for (const x of list ?? []) expect(x).toBe(Number(x.toFixed(1)));
    }
    expect(round.wrap(inner, { ...checked, round: undefined })).toBe(inner);
  });
});

describe('the base options', () => {
  it('are those that every forecaster understands, without the season', () => {
    const { season: _, ...checked } = checkForecast({ horizon: 2, levels: [80], lower: 0, season: 7 });
    const base = baseOptionsOf(checked);
    expect(base).toMatchObject({ horizon: 2, levels: [80], integer: false });
    expect(base).not.toHaveProperty('lower');
    expect(baseOptionsOf({ ...checked, ...{ season: 7 } })).not.toHaveProperty('season');
  });
});
