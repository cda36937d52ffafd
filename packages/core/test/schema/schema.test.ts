import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { complete, FieldError, field, nearestName, pathText, shown } from '../../src/schema/index.ts';

const fields = {
  horizon: field.whole({ min: 1, max: 100, help: 'steps ahead', advice: 'Say how many steps ahead.' }),
  levels: field.list(field.number({ min: 0, max: 100, open: true }), {
    optional: true,
    normalize: (levels) => [...new Set(levels)].sort((a, b) => a - b),
  }),
  integer: field.flag({ default: false }),
  mode: field.choice(['add', 'multiply'], { default: 'add' }),
};

describe('complete', () => {
  it('fills in defaults, normalizes, and leaves optional values out', () => {
    expect(complete('forecast', fields, { horizon: 3, levels: [95, 80, 95] })).toEqual({
      horizon: 3,
      levels: [80, 95],
      integer: false,
      mode: 'add',
    });
    expect(complete('forecast', fields, { horizon: 3 }).levels).toBeUndefined();
  });

  it.each([
    [{}, 'forecast: horizon is missing, expected a whole number from 1 to 100. Say how many steps ahead.'],
    [{ horizon: 1.5 }, 'forecast: horizon is 1.5, expected a whole number from 1 to 100. Say how many steps ahead.'],
    [
      { horizon: 3, levels: [] },
      'forecast: levels is [], expected a list, each a number between 0 and 100, both excluded.',
    ],
    [
      { horizon: 3, levels: [80, 100] },
      'forecast: levels[1] is 100, expected a number between 0 and 100, both excluded.',
    ],
    [{ horizon: 3, mode: 'ad' }, `forecast: mode is "ad", expected 'add' or 'multiply'.`],
    [
      { horizons: 3 },
      "forecast: unknown option 'horizons', expected horizon, levels, integer, mode. Did you mean 'horizon'?",
    ],
  ])('refuses %j', (given, message) => {
    expect(() => complete('forecast', fields, given)).toThrow(message);
    expect(() => complete('forecast', fields, given)).toThrow(UsageError);
  });

  it('reads the text of flags', () => {
    expect(fields.levels.parse?.('80, 95')).toEqual([80, 95]);
    expect(fields.horizon.parse?.('')).toBeNaN();
    expect(fields.integer.parse?.('true')).toBe(true);
  });
});

describe('an object of fields', () => {
  const place = { place: field.object({ country: field.text(), days: field.list(field.whole({ min: 0 })) }) };
  const faultOf = (given: object): FieldError => {
    try {
      complete('holidays', place, given);
    } catch (error) {
      if (error instanceof FieldError) return error;
    }
    throw new Error('it was accepted');
  };

  it('is completed, part by part', () => {
    expect(complete('holidays', place, { place: { country: 'DE', days: [0, 1] } })).toEqual({
      place: { country: 'DE', days: [0, 1] },
    });
  });

  it.each([
    [{ place: 'DE' }, ['place'], 'place is "DE", expected an object with country, days.'],
    [{ place: { days: [1] } }, ['place', 'country'], 'place.country is missing, expected a text.'],
    [{ place: { country: 'DE', days: [1, -1] } }, ['place', 'days', 1], 'place.days[1] is -1, expected a whole number'],
    [
      { place: { contry: 'DE' } },
      ['place', 'contry'],
      "unknown option 'place.contry', expected country, days. Did you",
    ],
  ])('refuses %j with its path', (given, path, message) => {
    const { path: found, what } = faultOf(given);
    expect(found).toEqual(path);
    expect(what).toContain(message);
  });

  it('writes a path as code does', () => {
    expect(pathText(['series', 3, 'known', 'is holiday', 7])).toBe('series[3].known["is holiday"][7]');
  });
});

describe('fields around other fields', () => {
  const around = {
    rank: field.orWord(field.whole({ min: 1 }), 'auto', { default: 'auto' }),
    window: field.orNull(field.whole({ min: 1 })),
    activation: field.only('silu', "'silu': there is no other yet"),
  };

  it('accept a word, null, or one value alone', () => {
    expect(complete('model', around, {})).toEqual({ rank: 'auto', window: null, activation: 'silu' });
    expect(complete('model', around, { rank: 3, window: 5 })).toMatchObject({ rank: 3, window: 5 });
  });

  it.each([
    [{ rank: 'all' }, `model: rank is "all", expected a whole number ≥ 1 or 'auto'.`],
    [{ window: 0 }, 'model: window is 0, expected a whole number ≥ 1, or null.'],
    [{ activation: 'gelu' }, `model: activation is "gelu", expected 'silu': there is no other yet.`],
  ])('refuse %j', (given, message) => {
    expect(() => complete('model', around, given)).toThrow(message);
  });

  it('read the text of flags', () => {
    expect([around.rank.parse?.('auto'), around.rank.parse?.('3')]).toEqual(['auto', 3]);
    expect([around.window.parse?.('null'), around.window.parse?.('5')]).toEqual([null, 5]);
  });
});

it('names what was meant', () => {
  expect(nearestName('d_model', ['nLayer', 'dModel'])).toBe('dModel');
  expect(nearestName('horizn', ['levels', 'horizon'])).toBe('horizon');
});

it('shows a value in a few characters', () => {
  expect(shown('x'.repeat(100))).toHaveLength(81);
  expect(shown(undefined)).toBe('undefined');
});
