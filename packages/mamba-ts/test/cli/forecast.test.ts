import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { day, rows } from '../../../forecast/test/timeTable/tables.ts';
import { mamba, ok, refused } from './command.ts';

const folder = await mkdtemp(join(tmpdir(), 'mamba-ts-forecast-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const backend = ['--backend', 'wasm', '--threads', '1'];
const wave = (i: number) => (100 + 10 * Math.sin((2 * Math.PI * i) / 7)).toFixed(2);
const sales = rows(60, (i) => `${day(i)},${wave(i)}`, 'date,sales');
const file = async (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};
const ids = ['a', 'b', 'c', 'd'];
const shops = await file(
  'shops.csv',
  ['date,shop,units', ...ids.map((id) => rows(30, (i) => `${day(i)},${id},${wave(i)}`))].join('\n'),
);

describe('mamba-ts forecast', () => {
  it('says what it understood, and writes CSV into a pipe', async () => {
    const { stdout, stderr } = await ok(['forecast', '-', '--horizon', '3', ...backend], { input: sales });
    expect(stderr).toBe(
      'the standard input: times in "date" (dates); values in "sales"\n' +
        'daily, season of 7 steps; 3 steps ahead, from 2024-03-01\n',
    );
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toBe('id,time,mean,median,q0.1,q0.2,q0.3,q0.4,q0.5,q0.6,q0.7,q0.8,q0.9,low80,high80,low95,high95');
    expect(lines.slice(1).map((line) => line.split(',').slice(0, 2))).toEqual([
      ['sales', '2024-03-01'],
      ['sales', '2024-03-02'],
      ['sales', '2024-03-03'],
    ]);
    lines.slice(1).forEach((line, i) => {
      expect(Math.abs(Number(line.split(',')[3]) - Number(wave(60 + i)))).toBeLessThan(3);
    });
  });

  it('reads gzip, has a horizon of its own, and reports gaps', async () => {
    const path = await file('gaps.csv.gz', gzipSync(sales.replace(/2024-01-1[0-2].*\n/g, '')));
    const { stdout, stderr } = await ok(['forecast', path, ...backend]);
    expect(stdout.trim().split('\n')).toHaveLength(1 + 14);
    expect(stderr).toContain('3 of 60 steps are missing, the longest gap 3 from 2024-01-10');
  });

  it('forecasts up to the rows that have no value yet', async () => {
    const path = await file('open.csv', `${sales}\n${rows(5, (i) => `${day(60 + i)},`)}`);
    const { stdout, stderr } = await ok(['forecast', path, '--quantiles', '0.5', ...backend]);
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^sales,2024-03-05,/);
    expect(stderr).toContain('5 steps ahead, from 2024-03-01');
  });

  it('writes a file by its ending', async () => {
    const begins = {
      csv: 'id,time,mean',
      json: '[\n{"id":"a"',
      svg: '<svg',
      html: '<!doctype html>',
      png: '\ufffdPNG',
    };
    for (const [ending, begin] of Object.entries(begins)) {
      const out = join(folder, `forecast.${ending}`);
      const { stderr, stdout } = await ok(['forecast', shops, '--horizon', '7', '--out', out, ...backend]);
      expect(stdout).toBe('');
      expect(stderr).toContain(`4 series of 7 steps in ${out}\n`);
      expect((await readFile(out, 'utf8')).startsWith(begin), ending).toBe(true);
    }
    expect(JSON.parse(await readFile(join(folder, 'forecast.json'), 'utf8'))).toMatchObject(
      ids.map((id) => ({ id, time: Array.from({ length: 7 }, (_, i) => day(30 + i)) })),
    );
  });

  it('uses covariates and says which', async () => {
    // Regular ones would be seen without being told.
    const promo = (i: number) => (i * i * 31) % 97 < 22;
    const y = (i: number) => (Number(wave(i)) + (promo(i) ? 60 : 0)).toFixed(2);
    const past = await file(
      'promo.csv',
      rows(120, (i) => `${day(i)},${y(i)},${Number(promo(i))}`, 'date,y,promo'),
    );
    const plan = await file(
      'plan.csv',
      rows(5, (i) => `${day(120 + i)},${Number(promo(120 + i))}`, 'date,promo'),
    );
    const { stdout, stderr } = await ok(['forecast', past, '--future', plan, ...backend]);
    expect(stderr).toContain('values in "y"; known ahead: "promo"');
    expect(stderr).toMatch(/^covariates: promo helped: .* the error is \d+ % lower/m);
    const medians = stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[3]));
    expect(medians).toHaveLength(5);
    for (const [i, median] of medians.entries()) expect(Math.abs(median - Number(y(120 + i)))).toBeLessThan(10);
  });

  it('leaves nothing behind where a row is wrong', async () => {
    const path = await file('wrong.csv', `${await readFile(shops, 'utf8')}\n${day(30)},d,many`);
    const out = join(folder, 'wrong.out.csv');
    await refused(
      ['forecast', path, '--out', out, ...backend],
      'line 122, column "units" has "many", expected a number',
    );
    expect((await readdir(folder)).filter((name) => name.includes('wrong.out'))).toEqual([]);
  });

  it.each([
    [['nowhere.csv'], /there is no .*nowhere\.csv/],
    [[shops, '--out', 'x.xlsx'], '--out x.xlsx ends in .xlsx, expected .csv, .json, .svg, .png, .html.'],
    [[shops, '--frequency', 'dayly'], "Did you mean 'daily'?"],
    [[shops, '--samples', '5'], '--samples is given and there is no --out, expected a file that ends in .json'],
  ])('refuses %j', async (args, message) => {
    await refused(['forecast', ...args, ...backend], message, { cwd: folder });
  });
});

it('mamba-ts forecast says where a forecast rests on little', async () => {
  const day = (i: number) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
  const rows = (count: number, row: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => row(i)).join('\n');
  const said = async (text: string, ...flags: string[]) =>
    (await ok(['forecast', '-', ...flags], { input: text })).stderr;
  expect(await said('date,y\n2024-01-01,5\n')).toContain('all values are equal in the series');
  expect(await said(`date,y\n${rows(5, (i) => `${day(i)},${i * i}`)}`)).toContain('fewer than 10 values in the series');
  const flag = `date,sales,promo\n${rows(20, (i) => `${day(i)},${100 + i},${i % 2}`)}`;
  const stderr = await said(flag, '--horizon', '30');
  expect(stderr).toContain('the horizon is longer than the past in 2 series, such as "sales"');
  expect(stderr).toContain('only 0 and 1 in "promo": a flag can be a covariate');
});

it('mamba-ts forecast gives totals whose intervals are those of sums', async () => {
  // Sums of independent errors are relatively narrower than one of them.
  const text = `date,y\n${Array.from({ length: 60 }, (_, i) => `${new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10)},${100 + 10 * Math.sin(i * i)}`).join('\n')}`;
  const { stdout, stderr } = await ok(['forecast', '-', '--horizon', '10', '--total'], { input: text });
  const [, total, low, high] =
    /^total of "y" over 10 steps: (\S+), and with 80 % between (\S+) and (\S+)$/m.exec(stderr) ?? [];
  const numbers = (column: string) => {
    const [names, ...lines] = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    return lines.map((line) => Number(line[names.indexOf(column)]));
  };
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  expect(Math.abs(Number(total) - sum(numbers('mean'))) / Number(total)).toBeLessThan(0.02);
  expect(Number(low)).toBeGreaterThan(sum(numbers('low80')));
  expect(Number(high)).toBeLessThan(sum(numbers('high80')));
});

describe('the flags of mamba-ts forecast', () => {
  const stockout = (i: number) => (i % 9 === 4 ? 3 : 0);

  it('combine: bounds, intermittent demand, the calendar and a later start', async () => {
    const table = rows(90, (i) => `${day(i)},${stockout(i)}`, 'date,sold');
    const args = ['--intermittent', '--upper', '2', '--integer', '--calendar', 'weekday', '--from', '2024-04-05'];
    await refused(['forecast', '-', '--horizon', '3', ...args, ...backend], 'expected it within upper = 2', {
      input: table,
    });
    args[2] = '3';
    const { stdout, stderr } = await ok(['forecast', '-', '--horizon', '3', ...args, ...backend], { input: table });
    expect(stderr).toContain('3 steps ahead, from 2024-04-05');
    expect(stderr).toMatch(/^covariates: weekday (helped|did not help and was left out)/m);
    const lines = stdout.trim().split('\n').slice(1);
    expect(lines.map((line) => line.split(',')[1])).toEqual(['2024-04-05', '2024-04-06', '2024-04-07']);
    for (const line of lines) for (const x of line.split(',').slice(3)) expect([0, 1, 2, 3]).toContain(Number(x));
  });

  it.each([
    [['--level', '100'], "option '--level <percents>' argument '100' is invalid"],
    [['--horizon', '1000000'], 'Expected a whole number from 1 to 100000. Forecast coarser steps'],
    [['--from', '2024-01-01'], 'from is "2024-01-01", which is not after the end of the first series'],
    [['--lower', '5', '--upper', '3'], 'lower is 5 and upper is 3, expected lower below upper.'],
  ])('refuse %j', async (args, message) => {
    const { code, stderr } = await mamba(['forecast', '-', ...args, ...backend], { input: sales });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});

describe('mamba-ts start', () => {
  it('forecasts the bundled series: a chart, a report, and what is next', async () => {
    const cwd = await mkdtemp(join(folder, 'start-'));
    const { stdout, stderr } = await ok(['start', ...backend], { cwd });
    expect(stdout).toMatch(/passengers[\s\S]*┊[\s\S]*196\d[\s\S]*time +median +low 80 %/);
    expect(stdout).toMatch(/^1961-12 /m);
    expect(stderr).toMatch(/The model was loaded in \d+ ms, the series forecast in \d+ ms\./);
    for (const next of ['mamba-ts forecast your.csv', 'mamba-ts play', 'mamba-ts train'])
      expect(stderr).toContain(next);
    expect(await readFile(join(cwd, 'runs/forecast/air-passengers.html'), 'utf8')).toContain('<h1>Air passengers</h1>');
  });
});
