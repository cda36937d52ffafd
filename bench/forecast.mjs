/**
 * Accuracy on a folder of series: CSV files with a last column of values, and seasonality.json, which has the steps
 * of each one's season. The last two seasons are held out, at most 48 steps.
 *
 *   node bench/forecast.mjs --series FOLDER [--model FOLDER | --no-model] [--baselines snaive,ets,mstl,arima]
 *                           [--windows N] [--peers [--methods AutoETS,AutoTheta,AutoARIMA]] [--write docs/forecasting.md]
 *
 * --write puts the table below the heading "Backtest on open series" of the file.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mean } from '@mamba-ts/core/math';
import { loadForecaster } from '@mamba-ts/forecast';
import { backtest, backtestTable, markdown } from '@mamba-ts/forecast/backtest';
import { openBaseline } from '@mamba-ts/forecast/baselines';
import { checkOptions } from '../packages/forecast/dist/baseOptions.js';
import { withoutGaps } from '../packages/forecast/dist/gaps.js';
import { forecastOf } from '../packages/forecast/dist/quantiles.js';
import { openPeer } from './peer.mjs';

const HEADING = '## Backtest on open series';
/** Beyond this, statsforecast's searches take minutes a series. */
const LONGEST_SEASON = 24;

const { values: flags } = parseArgs({
  options: {
    series: { type: 'string' },
    model: { type: 'string' },
    'no-model': { type: 'boolean', default: false },
    baselines: { type: 'string', default: 'snaive,naive,drift,ets,mstl,arima' },
    windows: { type: 'string', default: '1' },
    peers: { type: 'boolean', default: false },
    methods: { type: 'string', default: 'AutoETS,AutoTheta' },
    write: { type: 'string' },
  },
});
if (flags.series === undefined) {
  console.error('bench: --series is missing, expected a folder of CSV files with a seasonality.json.');
  process.exit(1);
}

if (!flags.baselines.split(',').includes('snaive')) {
  console.error('bench: --baselines lacks snaive, with which the others are compared.');
  process.exit(1);
}

const seasons = JSON.parse(await readFile(join(flags.series, 'seasonality.json'), 'utf8'));
const series = await Promise.all(Object.entries(seasons).map(([id, season]) => read(id, season)));
const notes = new Map();
const note = (text) => notes.set(text, (notes.get(text) ?? 0) + 1);
const forecasters = [];
if (!flags['no-model']) forecasters.push(await loadForecaster(flags.model));
for (const name of flags.baselines.split(',')) forecasters.push(await openBaseline(name, { note }));
const peer = flags.peers ? await openPeer(1, 'classical.py') : undefined;
if (peer) forecasters.push(...flags.methods.split(',').map((method) => peerForecaster(peer, method)));

const found = await together();
console.log(text(found));
if (flags.write) await write(flags.write, text(found));
peer?.close();
forecasters[0].dispose?.();

/** Every horizon is a backtest; scores of all series are put together as if it were one. */
async function together() {
  const horizons = [...new Set(series.map(({ horizon }) => horizon))];
  const parts = [];
  for (const horizon of horizons) {
    const some = series.filter((one) => one.horizon === horizon);
    parts.push(await backtest(forecasters, some, { horizon, windows: Number(flags.windows) }));
  }
  return { horizons, parts, ...merged(parts) };
}

function merged(parts) {
  const rows = parts.flatMap(({ series }) => series);
  const of = (name) => rows.filter(({ forecaster }) => forecaster === name);
  const definedMean = (values) => mean(values.filter(Number.isFinite));
  const naive = of('snaive');
  const overall = forecasters.map(({ name }) => {
    const own = of(name);
    const parted = parts.map(({ overall }) => overall.find(({ forecaster }) => forecaster === name));
    const seconds = parted.reduce((sum, one) => sum + one.seconds, 0);
    const levels = Object.keys(own[0].coverage);
    // The mean over series, not over steps: a long series would outweigh the others.
    const coverage = Object.fromEntries(
      levels.map((level) => [level, definedMean(own.map((row) => row.coverage[level]))]),
    );
    const ratios = own.map(({ mae }, i) => Math.log(Math.min(100, Math.max(0.01, mae / naive[i].mae))));
    return {
      forecaster: name,
      series: own.length,
      mae: Number.NaN,
      mase: definedMean(own.map(({ mase }) => mase)),
      smape: definedMean(own.map(({ smape }) => smape)),
      wql: definedMean(own.map(({ wql }) => wql)),
      coverage,
      relative: Math.exp(definedMean(ratios)),
      better: own.filter(({ mae }, i) => mae < naive[i].mae).length,
      perSecond: own.reduce((sum, { windows }) => sum + windows, 0) / seconds,
    };
  });
  return { overall, series: rows };
}

function text({ overall, series: rows }) {
  const names = overall.map(({ forecaster }) => forecaster);
  const ids = [...new Set(rows.map(({ id }) => id))];
  const perSeries = ids.map((id) => {
    const own = rows.filter((row) => row.id === id);
    const { season, horizon } = series.find((one) => one.id === id);
    const mase = names.map((name) => own.find(({ forecaster }) => forecaster === name).mase.toFixed(3));
    return [id, String(season), String(horizon), ...mase];
  });
  const windows = Number(flags.windows);
  return [
    `${ids.length} series, the last two seasons held out, at most 48 steps${windows > 1 ? `, ${windows} windows` : ''}. WQL is the mean of the series' own.`,
    markdown(backtestTable({ overall, series: rows })),
    'MASE of each series:',
    markdown([['series', 'season', 'steps', ...names], ...perSeries]),
    ...(notes.size > 0 ? [`Where a method could not answer: ${[...notes.keys()].join('; ')}.`] : []),
  ].join('\n\n');
}

/** Puts the text below the heading, in place of what is there up to the next one. */
async function write(path, body) {
  const before = await readFile(path, 'utf8');
  const at = before.indexOf(`${HEADING}\n`);
  if (at < 0) throw new Error(`bench: ${path} has no heading '${HEADING}', expected one to write below.`);
  const after = before.indexOf('\n## ', at + HEADING.length);
  const rest = after < 0 ? '' : before.slice(after);
  await writeFile(path, `${before.slice(0, at)}${HEADING}\n\n${body}\n${rest}`);
}

async function read(id, season) {
  const lines = (await readFile(join(flags.series, `${id}.csv`), 'utf8')).trim().split('\n').slice(1);
  const values = lines.map((line) => {
    const field = line.split(',').at(-1).trim();
    return field === 'NA' || field === '' ? Number.NaN : Number(field);
  });
  return { id, values, season, horizon: Math.min(48, 2 * season) };
}

/** A method of the peer behind the interface of our own. */
function peerForecaster({ ask }, method) {
  const central = [20, 40, 60, 80, 95];
  return {
    name: `statsforecast ${method}`,
    async forecastAll(pasts, options) {
      const { horizon, season: hint, ...rest } = checkOptions(options);
      const [given = 1] = 'known' in hint ? hint.known : [];
      const season = given <= LONGEST_SEASON ? given : 1;
      if (season !== given) note(`statsforecast ${method}: a season of ${given} left out`);
      const closed = pasts.map((past) => Array.from(withoutGaps(Float64Array.from(past))));
      const { forecasts, failed } = await ask('forecast', { method, series: closed, season, horizon, levels: central });
      if (failed > 0) note(`statsforecast ${method}: ${failed} of ${pasts.length} failed, seasonal naive instead`);
      return forecasts.map((found) => {
        const levels = [...central.map((l) => (100 - l) / 200).reverse(), 0.5, ...central.map((l) => (100 + l) / 200)];
        const keys = [...central.map((l) => `lo-${l}`).reverse(), 'mean', ...central.map((l) => `hi-${l}`)];
        const steps = found.mean.map((_, t) => keys.map((key) => found[key][t]));
        return { ...forecastOf({ levels, steps }, rest), mean: found.mean };
      });
    },
  };
}
