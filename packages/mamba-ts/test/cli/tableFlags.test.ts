import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { Field } from '../../../core/src/schema/index.ts';
import { folderOf } from '../../../core/test/data/folder.ts';
import { forecastFields } from '../../../forecast/src/options.ts';
import { addFieldFlags, optionsIn } from '../../src/cli/fieldFlags.ts';
import { define } from '../../src/cli/finetune.ts';
import { outputFor } from '../../src/cli/forecastOutput.ts';
import { addTableFlags, openTable, type TableFlags } from '../../src/cli/tableFlags.ts';

async function parsed(...args: string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  const { season: _, ...fields } = forecastFields;
  addFieldFlags(addTableFlags(command), fields);
  return (await command.parseAsync(args, { from: 'user' })).opts<TableFlags>();
}

describe('flags of tables', () => {
  it('are read as lists and numbers', async () => {
    const flags = await parsed(
      '--value',
      'a, b',
      '--season',
      '24,168',
      '--level',
      '80',
      '--non-negative',
      '--no-header',
    );
    expect(flags).toEqual({ value: ['a', 'b'], season: [24, 168], level: [80], nonNegative: true, header: false });
    expect(optionsIn(flags, forecastFields)).toEqual({ season: [24, 168], levels: [80], nonNegative: true });
    expect(optionsIn(await parsed(), forecastFields)).toEqual({});
  });

  it('exist for every option of a forecast', async () => {
    const flags = await parsed(
      ...['--horizon', '3', '--level', '80,95', '--quantiles', '0.1', '--season', '7', '--non-negative', '--integer'],
      ...['--lower', '-1.5', '--upper', '9', '--intermittent', '--holidays', 'DE-BY', '--calendar', 'weekday,month'],
      ...['--mode', 'product', '--together', '--from', '2026-03-01'],
    );
    expect(optionsIn(flags, forecastFields)).toEqual({
      ...{ horizon: 3, levels: [80, 95], quantiles: [0.1], season: [7], nonNegative: true, integer: true },
      ...{ lower: -1.5, upper: 9, intermittent: true, holidays: 'DE-BY', calendar: ['weekday', 'month'] },
      ...{ mode: 'product', together: true, from: '2026-03-01' },
    });
    // A field without help has no flag.
    const hidden = Object.entries(forecastFields as Record<string, Field>).filter(([, { help }]) => !help);
    expect(hidden).toEqual([]);
    expect(optionsIn(await parsed('--calendar', 'all'), forecastFields)).toEqual({ calendar: true });
  });

  it('say how a table is read', async () => {
    const folder = await folderOf({ 'x.csv': '01/02/2024;1,5;7\n02/02/2024;2,5;8' });
    const flags = ['--no-header', '--separator', ';', '--decimal', ',', '--dates', 'dmy', '--value', 'column 2'];
    const table = await openTable(`${folder}/x.csv`, await parsed(...flags));
    expect(table.layout).toMatchObject({ time: 'column 1', values: ['column 2'], ignored: ['column 3'] });
    expect([...table.first.values]).toEqual([1.5, 2.5]);
    const bare = await openTable(`${folder}/x.csv`, await parsed(...flags, '--time', 'none'));
    expect(bare.layout.time).toBeUndefined();
  });

  it.each([
    [['--level', 'high'], "argument 'high' is invalid. Part [0]: expected per cent from 1 on and below 100"],
    [['--level', '80,0.9'], 'Part [1]: expected per cent from 1 on and below 100, such as 80 or 95. Did you mean 90?'],
    [['--season', '7,'], 'expected a whole number of steps such as 24'],
    [['--horizon', '1e9'], 'Expected a whole number from 1 to 100000. Forecast coarser steps'],
    [['--mode', 'xreg'], "Expected 'regress-first' or 'forecast-first' or 'product'"],
    [['--id', 'a,,b'], 'Expected names of columns'],
    [['--duplicates', 'max'], "Expected 'mean' or 'sum' or 'first' or 'last'"],
    [['--separator', '#'], "Expected ',' or ';' or tab or '|'"],
  ])('refuse %j', async (args, message) => {
    await expect(parsed(...args)).rejects.toThrow(message);
  });

  it.each([
    ['x', 'nothing'],
    ['a.b/x', 'nothing'],
    ['x.xlsx', '.xlsx'],
    ['x.constructor', '.constructor'],
  ])('list the endings of --out where %s has none of them', (path, ending) => {
    expect(() => outputFor(path)).toThrow(`--out ${path} ends in ${ending}, expected .csv, .json, .svg, .png, .html.`);
  });
});

describe('flags of finetune', () => {
  it.each([
    [['--minutes', 'ten'], "argument 'ten' is invalid. Expected a number above 0"],
    [['--minutes', '0'], "argument '0' is invalid. Expected a number above 0"],
    [['--rate', 'NaN'], "argument 'NaN' is invalid. Expected a number above 0"],
    [['--seed', '1.5'], "argument '1.5' is invalid. Expected a whole number ≥ 0"],
  ])('refuse %j before anything is read', async (args, message) => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    define(program.command('finetune'));
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
    const run = program.parseAsync(['finetune', 'none.csv', '--out', 'none', ...args], { from: 'user' });
    await expect(run).rejects.toThrow(message);
  });
});
