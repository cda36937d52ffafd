/** Anomalies and backtests with the network itself, untrained: what it says of a series does not depend on the way. */
import { beforeAll, expect, it } from 'vitest';
import { untrained } from '../../../../test/support/untrained.ts';
import { Random } from '../../../core/src/random.ts';
import { detectAnomalies } from '../../src/anomalies/index.ts';
import { backtest } from '../../src/backtest/index.ts';
import { openBaseline } from '../../src/baselines/index.ts';
import type { Forecaster } from '../../src/forecaster.ts';
import type { SeriesForecaster } from '../../src/types.ts';

let network: Forecaster;
beforeAll(async () => {
  network = await untrained();
});

const random = new Random(5);
const values = Array.from({ length: 180 }, (_, t) => 10 + 3 * Math.sin((2 * Math.PI * t) / 12) + random.normal());
values[150] = 60;
values[20] = Number.NaN;

it('the stream of the network finds what its forecasts from scratch find', async () => {
  const scratch: SeriesForecaster = {
    name: 'scratch',
    forecastAll: (series, options) => network.forecastAll(series, options),
  };
  for (const every of [1, 5]) {
    const options = { season: 12, every, falseAlarms: 0.02 };
    const [streamed, whole] = [
      await detectAnomalies(network, values, options),
      await detectAnomalies(scratch, values, options),
    ];
    expect(streamed.rows[150]).toMatchObject({ anomaly: true, phase: 'judged' });
    for (const [t, row] of streamed.rows.entries()) {
      expect(row.anomaly, `value ${t}`).toBe(whole.rows[t].anomaly);
      if (Number.isNaN(row.score)) expect(whole.rows[t].score).toBeNaN();
      else expect(Math.abs(row.score - whole.rows[t].score)).toBeLessThan(1e-2 * (1 + row.score));
    }
  }
});

it('the network is measured as baselines are', async () => {
  const { overall } = await backtest([network, await openBaseline('snaive')], [values, values.slice(0, 100)], {
    ...{ horizon: 12, windows: 3, season: 12 },
  });
  expect(overall.map(({ forecaster, series }) => [forecaster, series])).toEqual([
    ['mamba-ts', 2],
    ['snaive', 2],
  ]);
  for (const { mase, wql, coverage } of overall) {
    expect([mase, wql].every((x) => x > 0)).toBe(true);
    expect(Object.keys(coverage)).toEqual(['80', '95']);
  }
});
