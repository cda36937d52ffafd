/** POST /v1/backtest: how good forecasts of series would have been in their past, compared with baselines. */
import { type Backtest, backtest, backtestFields } from '@mamba-ts/forecast/backtest';
import { baselinesField, fastBaselineNames, openBaseline } from '@mamba-ts/forecast/baselines';
import { calendarSeasons } from '@mamba-ts/forecast/seasons';
import { checkBody, checkSeries, frequency, given, plainSeries } from './fields.ts';
import { within } from './limits.ts';
import { placedAll } from './requestTimes.ts';
import type { Route } from './route.ts';

const { batch: _, ...options } = backtestFields;
const fields = {
  series: plainSeries,
  ...options,
  // The fast ones. ETS takes a tenth of a second per forecast and ARIMA seconds: mamba-ts backtest has them.
  baselines: baselinesField(fastBaselineNames),
  frequency,
};

/** Forecasts of one call: other requests get a turn between two calls. */
const BATCH = 64;

/** The answer of POST /v1/backtest. */
export interface BacktestAnswer extends Backtest {
  model: string;
  /** Where a baseline answered with another method. */
  notes: string[];
}

/** POST /v1/backtest. */
export const backtestRoute: Route = {
  method: 'POST',
  path: '/v1/backtest',
  about: 'how good forecasts of the last `windows` × `horizon` steps would have been: MASE, sMAPE, WQL, coverage',
  example: {
    series: Array.from({ length: 60 }, (_, t) => 100 + t + [0, 20, 35, 20, 0, -10][t % 6]),
    horizon: 6,
    windows: 3,
    baselines: ['snaive'],
  },
  async answer(request, { forecaster, limits }): Promise<BacktestAnswer> {
    const { series, frequency: step, baselines, horizon, windows } = checkBody(fields, request);
    const wish = { ...given(options, request), horizon };
    checkSeries(series, limits);
    within(limits, 'horizon', horizon);
    within(limits, 'forecasts', series.length * windows * (1 + baselines.length));
    const placed = placedAll(series, step, limits);
    const notes: string[] = [];
    const others = await Promise.all(baselines.map((name) => openBaseline(name, { note: (text) => notes.push(text) })));
    const found = await backtest(
      [forecaster, ...others],
      placed.map(({ id, values, seasons }) => ({ id, values, season: wish.season ?? calendarSeasons(seasons) })),
      { ...wish, batch: BATCH },
    );
    return { model: forecaster.name, ...found, notes };
  },
};
