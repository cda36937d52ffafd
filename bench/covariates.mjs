/**
 * What covariates bring: forecasts of rolling origins without them and with them, relative to without.
 *
 *   node bench/covariates.mjs FILE.jsonl
 *
 * A line is a series: {"set", "id", "y", "known": {name: values}, "season": [24, 168], "horizon", "origins", "stride"}.
 * MASE is scaled by the errors of repeating the first season; WQL is over the nine deciles and all origins of a set.
 */
import { readFile } from 'node:fs/promises';
import { loadForecaster } from '@mamba-ts/forecast';

const LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('bench: covariates.mjs expects a .jsonl file of series with covariates.');
  process.exit(1);
}
const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Errors of one forecast; NaN is passed over. */
function score(future, { quantiles }, past, lag) {
  const steps = past.slice(lag).map((x, t) => Math.abs(x - past[t]));
  let [points, size, error, loss, held] = [0, 0, 0, 0, 0];
  future.forEach((y, h) => {
    if (Number.isNaN(y)) return;
    points++;
    size += Math.abs(y);
    error += Math.abs(y - quantiles[0.5][h]);
    for (const p of LEVELS) {
      const distance = y - quantiles[p][h];
      loss += (2 / LEVELS.length) * Math.max(p * distance, (p - 1) * distance);
    }
    if (y >= quantiles[0.1][h] && y <= quantiles[0.9][h]) held++;
  });
  return { mase: error / points / mean(Array.from(steps.filter((x) => !Number.isNaN(x)))), loss, size, held, points };
}

const forecaster = await loadForecaster();
const sets = new Map();
for (const line of (await readFile(file, 'utf8')).trim().split('\n')) {
  const row = JSON.parse(line);
  const y = Float64Array.from(row.y, (x) => x ?? Number.NaN);
  const season = row.season[0] === 1 ? undefined : row.season;
  for (let k = 0; k < row.origins; k++) {
    const n = y.length - row.horizon - k * row.stride;
    const [past, future] = [y.slice(0, n), Array.from(y.slice(n, n + row.horizon))];
    if (n < 24 || future.every(Number.isNaN)) continue;
    const cut = (values) => values.slice(0, n + row.horizon);
    const known = Object.fromEntries(Object.entries(row.known).map(([name, values]) => [name, cut(values)]));
    const options = { horizon: row.horizon, quantiles: LEVELS, season };
    const lag = Math.min(row.season[0], n >> 1);
    const [without, withThem] = [
      await forecaster.forecast(past, options),
      await forecaster.forecast(past, { ...options, known }),
    ];
    const list = sets.get(row.set) ?? sets.set(row.set, []).get(row.set);
    list.push({
      without: score(future, without, past, lag),
      with: score(future, withThem, past, lag),
      isUsed: withThem.covariates.used.length > 0,
    });
  }
}
console.log('| set | forecasts | MASE without | MASE | WQL | used in | 80 % holds |');
console.log('|---|---:|---:|---:|---:|---:|---:|');
for (const [set, forecasts] of sets) {
  const total = (way, key) => forecasts.reduce((sum, one) => sum + one[way][key], 0);
  const [mase, before] = ['with', 'without'].map((way) => total(way, 'mase') / forecasts.length);
  const wql = total('with', 'loss') / total('without', 'loss');
  const percent = (x) => `${Math.round(100 * x)} %`;
  const used = percent(mean(forecasts.map(({ isUsed }) => Number(isUsed))));
  const holds = percent(total('with', 'held') / total('with', 'points'));
  console.log(
    `| ${set} | ${forecasts.length} | ${before.toFixed(3)} | × ${(mase / before).toFixed(3)} | × ${wql.toFixed(3)} | ${used} | ${holds} |`,
  );
}
process.exit(0);
