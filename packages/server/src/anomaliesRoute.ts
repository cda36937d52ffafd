/** POST /v1/anomalies: series in, and for each value whether it is unlikely given its past. */
import { UsageError } from '@mamba-ts/core/errors';
import { type Detection, detectAnomalies, detectorFields } from '@mamba-ts/forecast/anomalies';
import { calendarSeasons } from '@mamba-ts/forecast/seasons';
import { checkBody, checkSeries, frequency, given, plainSeries } from './fields.ts';
import { within } from './limits.ts';
import { Refusal } from './refusal.ts';
import { type PlacedSeries, placedAll } from './requestTimes.ts';
import type { Route } from './route.ts';

const fields = { series: plainSeries, ...detectorFields, frequency };

/** One entry for each value, in the order of time; null where there was no forecast. */
export interface SeriesAnomalies {
  id?: string | number;
  times?: (string | number)[];
  anomaly: boolean[];
  expected: number[];
  /** Values between `low` and `high` are normal. */
  low: number[];
  high: number[];
  score: number[];
  /** The first value for which the rate of false alarms is promised. Those before it calibrate the threshold. */
  judgedFrom: number;
  threshold: number;
  judged: number;
  flagged: number;
  /** Expected false alarms among the judged values, and a range that holds about 95 % of the time. */
  falseAlarms: { rate: number; mean: number; range: [number, number] };
}

/** The answer of POST /v1/anomalies. */
export interface AnomaliesAnswer {
  model: string;
  series: SeriesAnomalies[];
}

const DAY = [12, 10, 9, 9, 11, 15, 21, 26, 28, 27, 24, 20];
const EXAMPLE = Array.from({ length: 96 }, (_, t) => DAY[t % 12] + (t % 5) + (t === 80 ? 40 : 0));

/** POST /v1/anomalies. */
export const anomaliesRoute: Route = {
  method: 'POST',
  path: '/v1/anomalies',
  about: 'the values of each series that are unlikely given its past, at a promised rate of false alarms',
  example: { series: EXAMPLE, season: 12, falseAlarms: 0.02 },
  async answer(request, { forecaster, limits }): Promise<AnomaliesAnswer> {
    const { series, frequency: step, every } = checkBody(fields, request);
    const wish = given(detectorFields, request);
    checkSeries(series, limits);
    const placed = placedAll(series, step, limits);
    within(
      limits,
      'forecasts',
      placed.reduce((sum, { values }) => sum + Math.ceil(values.length / every), 0),
    );
    const found: SeriesAnomalies[] = [];
    for (const [i, one] of placed.entries()) {
      const { values, seasons } = one;
      const season = wish.season ?? calendarSeasons(seasons);
      try {
        found.push(columns(one, await detectAnomalies(forecaster, values, { ...wish, season })));
      } catch (error) {
        throw error instanceof UsageError ? new Refusal(422, error.message, `series[${i}]`) : error;
      }
    }
    return { model: forecaster.name, series: found };
  },
};

function columns({ given: { id }, timesOf }: PlacedSeries, detection: Detection): SeriesAnomalies {
  const { rows, threshold, judged, flagged, rate, expected } = detection;
  const first = rows.findIndex(({ phase }) => phase === 'judged');
  return {
    ...(id !== undefined && { id }),
    ...(timesOf && { times: timesOf(0, rows.length) }),
    anomaly: rows.map((row) => row.anomaly),
    expected: rows.map((row) => row.expected),
    low: rows.map((row) => row.low),
    high: rows.map((row) => row.high),
    score: rows.map((row) => row.score),
    judgedFrom: first < 0 ? rows.length : first,
    ...{ threshold, judged, flagged },
    falseAlarms: { rate, ...expected },
  };
}
