/** Forecasts a second, and the time of a series against that of statsforecast's AutoETS, both on one core. */

import { Random } from '@mamba-ts/core/random';
import { loadForecaster } from '@mamba-ts/forecast';

export const peerScript = 'classical.py';

const LENGTH = 512;
const HORIZON = 24;
const SEASON = 24;
const SERIES = 512;

export async function run({ open, log, cores, peer, quick }, name) {
  const series = hourly(quick ? SERIES / 4 : SERIES);
  const options = { horizon: HORIZON, season: SEASON };
  const all = await secondsOf(await open(name, cores), series, options);
  const size = `${LENGTH} points × ${HORIZON} steps`;
  const rows = [
    {
      what: `forecasts a second, ${size}, ${cores} cores`,
      unit: 'number',
      goal: name === 'native' ? { atLeast: 500 } : undefined,
      measured: Math.round(series.length / all),
    },
  ];
  if (!peer) return rows;
  const few = series.slice(0, quick ? 2 : 8);
  const ask = { method: 'AutoETS', season: SEASON, horizon: HORIZON, levels: [80, 95] };
  log('AutoETS');
  await peer.ask('forecast', { ...ask, series: few.slice(0, 1) });
  const backend = await open(name, 1);
  const ratios = [];
  const times = [];
  for (let turn = 0; turn < (quick ? 1 : 3); turn++) {
    const { seconds, failed } = await peer.ask('forecast', { ...ask, series: few });
    if (failed > 0) throw new Error(`AutoETS failed on ${failed} of ${few.length} series.`);
    const ours = (await secondsOf(backend, few, options)) / few.length;
    times.push({ ours, theirs: seconds / few.length });
    ratios.push(seconds / few.length / ours);
  }
  ratios.sort((a, b) => a - b);
  rows.push({
    what: `speed of one series, ${size}, one core`,
    against: 'AutoETS of statsforecast, one core',
    unit: 'times',
    goal: { atLeast: 20 },
    measured: ratios[ratios.length >> 1],
    spread: [ratios[0], ratios[ratios.length - 1]],
    details: { secondsPerSeries: times },
  });
  return rows;
}

/** Of one call, after a first one that warms up. */
async function secondsOf(backend, series, options) {
  const forecaster = await loadForecaster(undefined, { backend });
  await forecaster.forecastAll(series.slice(0, 8), options);
  const begun = performance.now();
  await forecaster.forecastAll(series, options);
  return (performance.now() - begun) / 1000;
}

/** Days of hours, with a trend and noise. */
function hourly(count) {
  const random = new Random(1);
  return Array.from({ length: count }, () =>
    Array.from(
      { length: LENGTH },
      (_, t) => 50 + 0.01 * t + 10 * Math.sin((2 * Math.PI * t) / SEASON) + 2 * random.normal(),
    ),
  );
}
