/** Views to show: a real series with gaps, and forecasts whose numbers are easy to follow. */
import { readFileSync } from 'node:fs';
import type { ForecastView } from '../../src/report/index.ts';
import type { Forecast } from '../../src/types.ts';

const QUANTILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** A forecast whose quantile q is `spread`·(q − ½) above the median; 80 % is from 0.1 to 0.9. */
export function fan(median: readonly number[], spread: number, levels: readonly number[] = [80]): Forecast {
  const at = (q: number) => median.map((value) => value + spread * (q - 0.5));
  return {
    mean: [...median],
    median: [...median],
    quantiles: Object.fromEntries(QUANTILES.map((q) => [String(q), at(q)])),
    ...(levels.length > 0
      ? {
          intervals: Object.fromEntries(
            levels.map((level) => [level, { low: at(0.5 - level / 200), high: at(0.5 + level / 200) }]),
          ),
        }
      : {}),
  };
}

export const view = (history: readonly number[], more: Partial<ForecastView> = {}): ForecastView => ({
  name: 'series',
  history,
  forecast: fan([1, 2, 3], 1),
  ...more,
});

/** Quarterly approval of presidents, 1945 to 1974, with missing quarters: ../../fixtures/data/README.md. */
export function presidents(): ForecastView {
  const text = readFileSync(new URL('../../../../test/fixtures/data/presidents.csv', import.meta.url), 'utf8');
  const history = text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[1].replace('NA', 'NaN')));
  const quarter = (i: number) => Date.UTC(1945, 3 * i);
  return {
    name: 'presidents',
    history,
    times: history.map((_, i) => quarter(i)),
    futureTimes: Array.from({ length: 8 }, (_, i) => quarter(history.length + i)),
    forecast: fan([26, 23, 22, 22, 24, 21, 20, 20], 40, [80, 95]),
    unit: '%',
    frequency: 'quarterly',
    seasons: [4],
  };
}
