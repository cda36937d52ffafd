import { describe, expect, it } from 'vitest';
import { type BaseOptions, checkOptions } from '../src/baseOptions.ts';

describe('checkOptions', () => {
  it('fills in what was left out', () => {
    expect(checkOptions({ horizon: 3 })).toEqual({
      horizon: 3,
      quantiles: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
      season: { likely: [] },
      integer: false,
    });
  });

  it('sorts lists, and removes duplicates', () => {
    const checked = checkOptions({
      horizon: 1,
      levels: [95, 80, 95],
      quantiles: [0.1 + 0.2, 0.3],
      season: [168, 24, 1],
    });
    expect(checked).toMatchObject({ levels: [80, 95], quantiles: [0.3], season: { known: [24, 168] } });
  });

  it.each([
    [1, { known: [] }],
    [12, { known: [12] }],
    [{ likely: [365, 7, 1] }, { likely: [7, 365] }],
    [{ known: [] }, { known: [] }],
    [undefined, { likely: [] }],
  ])('has one form for the season %j', (season, hint) => {
    expect(checkOptions({ horizon: 1, season }).season).toEqual(hint);
  });

  it.each<[string, unknown, string]>([
    [
      'horizon 0',
      { horizon: 0 },
      'forecast: horizon is 0, expected a whole number from 1 to 100000. Give the number of steps',
    ],
    ['no horizon', {}, 'forecast: horizon is missing, expected a whole number'],
    ['half a step', { horizon: 1.5 }, 'forecast: horizon is 1.5, expected'],
    ['text', { horizon: '24' }, 'forecast: horizon is "24", expected'],
    ['a million', { horizon: 1e6 }, 'horizon is 1000000, expected a whole number from 1 to 100000. Forecast coarser'],
    ['level 0', { horizon: 1, levels: [0] }, 'forecast: levels[0] is 0, expected per cent from 1 on and below 100'],
    ['level 100', { horizon: 1, levels: [80, 100] }, 'forecast: levels[1] is 100, expected per cent'],
    ['level NaN', { horizon: 1, levels: [Number.NaN] }, 'forecast: levels[0] is NaN, expected per cent'],
    ['a share for a level', { horizon: 1, levels: [0.8] }, 'levels[0] is 0.8, expected per cent from 1 on'],
    ['a share for a level', { horizon: 1, levels: [0.8] }, 'Did you mean 80? Single probabilities are `quantiles`.'],
    ['no list', { horizon: 1, levels: 80 }, 'forecast: levels is 80, expected a list of numbers such as [80, 95].'],
    ['an empty list', { horizon: 1, quantiles: [] }, 'forecast: quantiles is [], expected a list'],
    ['quantile 1', { horizon: 1, quantiles: [1] }, 'forecast: quantiles[0] is 1, expected a number between 0 and 1'],
    ['per cent for a quantile', { horizon: 1, quantiles: [90] }, 'both excluded. Did you mean 0.9?'],
    ['season 0', { horizon: 1, season: 0 }, 'forecast: season is 0, expected a whole number of steps such as 24'],
    ['a broken season', { horizon: 1, season: [24, 365.25] }, 'forecast: season[1] is 365.25, expected'],
    ['a likely half', { horizon: 1, season: { likely: [0.5] } }, 'forecast: season.likely[0] is 0.5, expected'],
    ['an unlikely season', { horizon: 1, season: { sure: [7] } }, 'forecast: season is {"sure": [7]}, expected'],
    ['a flag', { horizon: 1, integer: 'yes' }, 'forecast: integer is "yes", expected true or false.'],
    ['a slip', { horizon: 1, level: [80] }, "forecast: unknown option 'level', expected horizon, levels"],
    ['no options', undefined, 'forecast: the options are undefined, expected an object such as { horizon: 24 }.'],
  ])('refuses %s', (_, options, message) => {
    expect(() => checkOptions(options as BaseOptions)).toThrow(message);
  });
});
