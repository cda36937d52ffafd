import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { complete, field, nearestName, shown } from '../../src/schema/index.ts';

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

it('names what was meant', () => {
  expect(nearestName('d_model', ['nLayer', 'dModel'])).toBe('dModel');
  expect(nearestName('horizn', ['levels', 'horizon'])).toBe('horizon');
});

it('shows a value in a few characters', () => {
  expect(shown('x'.repeat(100))).toHaveLength(81);
  expect(shown(undefined)).toBe('undefined');
});
