/** mamba-ts backtest and anomalies, with baselines alone: no model is loaded. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workFolder } from '../../../core/test/train/runs.ts';
import { mamba, ok, refused } from './command.ts';

/** Days of hours of a year ago, for each of some places. */
function hourly(places: readonly string[], days: number, change: (t: number) => number = () => 0): string {
  const rows = places.flatMap((place, i) =>
    Array.from({ length: 24 * days }, (_, t) => {
      const time = new Date(Date.UTC(2024, 0, 1) + t * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
      const noise = Math.sin(t * t * 0.37 + i) + Math.sin(t * 1.7);
      return `"${place}",${time},${(50 + 10 * Math.sin((2 * Math.PI * t) / 24) + noise + change(t)).toFixed(3)}`;
    }),
  );
  return `place,time,load\n${rows.join('\n')}\n`;
}

async function folderWith(files: Record<string, string>) {
  const folder = await workFolder(files);
  return (name: string) => join(folder, name);
}

describe('mamba-ts backtest', () => {
  it('prints one table, and writes scores and forecasts', async () => {
    const at = await folderWith({ 'load.csv': hourly(['north', 'south, coast'], 12) });
    const names = ['--baselines', 'snaive,naive,ets,mstl,arima', '--no-model'];
    const files = ['--out', at('scores.csv'), '--forecasts', at('forecasts.csv')];
    const run = ['backtest', at('load.csv'), '--horizon', '24', '--windows', '2', ...names];
    const { stdout, stderr } = await ok([...run, ...files]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0].split(/ {3,}/)).toEqual([
      ...['forecaster', 'MASE', 'sMAPE', 'WQL', '80 % holds', '95 % holds', 'MAE / snaive', 'better on', 'forecasts/s'],
    ]);
    expect(lines.length).toBe(6);
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toContain('mstl');
    // The season of the calendar, which MSTL and the seasonal naive forecast know: naive is far worse.
    const relative = Object.fromEntries(lines.slice(1).map((line) => [line.split(' ')[0], line.split(/ {3,}/)[6]]));
    expect(Number(relative.naive)).toBeGreaterThan(2);
    expect(relative.snaive).toBe('1.000');
    expect(stderr).toContain('2 × 24 steps of each series are forecast');
    const scores = (await readFile(at('scores.csv'), 'utf8')).trimEnd().split('\n');
    expect(scores[0]).toBe(
      'id,forecaster,windows,season,mae,smape,mase,rmsse,wql,crps,coverage80,coverage95,width80,width95',
    );
    expect(scores.length).toBe(1 + 2 * 5);
    expect(scores[6]).toMatch(/^"south, coast",snaive,2,24,\d/);
    const forecasts = (await readFile(at('forecasts.csv'), 'utf8')).trimEnd().split('\n');
    expect(forecasts[0]).toBe(
      'id,cutoff,time,actual,forecaster,mean,median,q0.1,q0.2,q0.3,q0.4,q0.5,q0.6,q0.7,q0.8,q0.9,low80,high80,low95,high95',
    );
    expect(forecasts.length).toBe(1 + 2 * 2 * 5 * 24);
    expect(forecasts[1]).toMatch(/^north,2024-01-10 23:00,2024-01-11 00:00,[\d.]+,snaive,/);
  });

  it('writes JSON, and says what is too short or constant', async () => {
    const flat = Array.from({ length: 30 }, (_, t) => `flat,${t + 1},5`).join('\n');
    const line = Array.from({ length: 30 }, (_, t) => `line,${t + 1},${t}`).join('\n');
    const at = await folderWith({ 't.csv': `id,t,y\n${flat}\n${line}\nshort,1,1\nshort,2,2\n` });
    const { stderr } = await ok([
      ...['backtest', at('t.csv'), '--horizon', '3', '--season', '1', '--no-model', '--out', at('s.json')],
    ]);
    expect(stderr).toContain('1 series are too short: short');
    expect(stderr).toContain('1 of 2 series have no MASE: their past is constant or short');
    const { overall, series, skipped } = JSON.parse(await readFile(at('s.json'), 'utf8'));
    expect(skipped).toEqual(['short']);
    expect(overall).toMatchObject([{ forecaster: 'snaive', series: 2, unscaled: 1, mase: 2, relative: 1 }]);
    expect(series.map(({ id, mase }: { id: string; mase: number | null }) => [id, mase])).toEqual([
      ['flat', null],
      ['line', 2],
    ]);
  });

  it('refuses what can’t be meant in one line', async () => {
    const at = await folderWith({ 't.csv': 't,y\n1,1\n2,2\n3,3\n' });
    const run = ['backtest', at('t.csv'), '--no-model'];
    await refused([...run, '--horizon', '3'], 'no series of t.csv has more than 3 values');
    await refused([...run, '--baselines', 'none'], 'leave nothing to measure');
    await refused([...run, '--out', 'scores.txt'], 'backtest: --out scores.txt ends in .txt, expected .csv or .json.');
    const unknown = await mamba([...run, '--baselines', 'snaive,prophet']);
    expect(unknown.stderr).toMatch(
      /argument 'snaive,prophet' is invalid\. Part \[1\]: expected one of snaive, naive, .*\. Did you mean/,
    );
    expect(unknown.code).toBe(2);
    expect((await mamba([...run, '--windows', '0'])).stderr).toContain('Expected a whole number ≥ 1');
    expect((await mamba([...run, '--level', '100'])).stderr).toContain('expected per cent from 1 on and below 100');
  });
});

describe('mamba-ts anomalies', () => {
  it('flags what is unusual, says how many false alarms to expect, and writes every value', async () => {
    const table = hourly(['north'], 30, (t) => (t === 600 ? 40 : 0));
    const at = await folderWith({ 'load.csv': table });
    const run = ['anomalies', at('load.csv'), '--baseline', 'snaive', '--false-alarms', '0.002'];
    const { stdout, stderr } = await ok([...run, '--out', at('flagged.csv')]);
    expect(stdout).toMatch(/^series {3,}time {3,}value {3,}expected {3,}normal {3,}score\n/);
    expect(stdout).toMatch(/north +2024-01-26 00:00 +9\d/);
    expect(stderr).toMatch(
      /\d of \d+ values flagged; 0\.\d \(0 to \d\) false alarms are to be expected at a rate of 0.002/,
    );
    expect(stderr).toContain('Fewer than 500 values to calibrate on');
    const rows = (await readFile(at('flagged.csv'), 'utf8')).trimEnd().split('\n');
    expect(rows[0]).toBe('id,time,value,expected,low,high,score,probability,anomaly,phase');
    expect(rows.length).toBe(1 + 24 * 30);
    expect(rows[601]).toMatch(/^north,2024-01-26 00:00,9\d.*,true,judged$/);
    expect(rows[1]).toMatch(/,,,,,,false,start$/);
  });

  it('leaves out series that are too short, and continues', async () => {
    const at = await folderWith({
      't.csv': `${hourly(['north'], 15)}new,2024-01-01 00:00,1\nnew,2024-01-01 01:00,2\n`,
    });
    const { stderr } = await ok(['anomalies', at('t.csv'), '--baseline', 'snaive']);
    expect(stderr).toContain('new is left out: anomalies: 0 values come after the first');
    await writeFile(at('short.csv'), 't,y\n1,1\n2,2\n');
    await refused(['anomalies', at('short.csv'), '--baseline', 'snaive'], 'expected at least 40 to calibrate on');
  });

  it('refuses what can’t be meant in one line', async () => {
    const at = await folderWith({ 't.csv': hourly(['north'], 15) });
    const run = ['anomalies', at('t.csv'), '--baseline', 'snaive'];
    expect((await mamba([...run, '--false-alarms', '2'])).stderr).toContain('Expected the share of normal values');
    await refused([...run, '--level', '99', '--false-alarms', '0.1'], 'level and falseAlarms are both given');
    await refused([...run, '--out', 'flagged'], 'anomalies: --out flagged ends in nothing, expected .csv or .json.');
    await refused(['anomalies', at('t.csv'), '--baseline', 'etz'], "Did you mean 'ets'?");
    expect((await mamba([...run, '--level', 'high'])).stderr).toContain('Expected per cent');
  });
});
