/** POST /v1/backtest: how good the forecasts of series would have been in their past, beside baselines. */

import { type Backtest, type BacktestOptions, backtest } from '@mamba-ts/forecast/backtest';
import { openBaseline } from '@mamba-ts/forecast/baselines';
import { calendarSeasons } from '@mamba-ts/forecast/seasons';
import * as v from 'valibot';
import { checkSeries, common, given, levels, type NamedSeries, plainSeries, wholeNumber } from './fields.ts';
import { within } from './limits.ts';
import { placedAll } from './requestTimes.ts';
import type { Route } from './route.ts';
import { fields, validated } from './validate.ts';

/** Those that take no time. ETS takes a tenth of a second a forecast, ARIMA seconds: mamba-ts backtest has them. */
const BASELINES = ['snaive', 'naive', 'drift'] as const;

const body = fields({
  series: plainSeries,
  horizon: wholeNumber,
  windows: v.optional(wholeNumber),
  step: v.optional(wholeNumber),
  levels,
  baselines: v.optional(
    v.array(v.picklist(BASELINES, `one of ${BASELINES.join(', ')}`), `an array of ${BASELINES.join(', ')}`),
  ),
  ...common,
});

type Wish = BacktestOptions & { series: NamedSeries[]; baselines?: string[]; frequency?: string };

/** Forecasts of a call: others get their turn between two. */
const BATCH = 64;

export interface BacktestAnswer extends Backtest {
  model: string;
  /** What baselines had to do otherwise than their name says. */
  notes: string[];
}

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
    const { series, frequency, baselines = ['snaive'], ...options } = given(validated(body, request)) as Wish;
    const { horizon, windows = 1 } = options;
    checkSeries(series, limits, horizon);
    const names = [...new Set(baselines)];
    within(limits, 'forecasts', series.length * windows * (1 + names.length));
    const placed = placedAll(series, frequency, limits);
    const notes: string[] = [];
    const others = await Promise.all(names.map((name) => openBaseline(name, { note: (text) => notes.push(text) })));
    const found = await backtest(
      [forecaster, ...others],
      placed.map(({ id, values, seasons }, i) => ({
        id: String(id ?? i),
        values,
        ...(options.season === undefined && { season: calendarSeasons(seasons) }),
      })),
      { ...options, batch: BATCH },
    );
    return { model: forecaster.name, ...found, notes };
  },
};
