import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { folderOf } from '../../../core/test/data/folder.ts';
import { addFinetune } from '../../src/cli/finetune.ts';
import { fileOutput } from '../../src/cli/forecastOutput.ts';
import { addAnswerFlags, addTableFlags, answerOptions, openTable, type TableFlags } from '../../src/cli/tableFlags.ts';

async function parsed(...args: string[]) {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  addAnswerFlags(addTableFlags(command));
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
    expect(answerOptions(flags, [7])).toEqual({ season: [24, 168], levels: [80], nonNegative: true });
    expect(answerOptions(await parsed(), [7])).toEqual({ season: { likely: [7] } });
    expect(answerOptions(await parsed(), [])).toEqual({});
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
    [['--level', 'high'], 'got "high", expected numbers, separated by commas'],
    [['--season', '7,'], 'expected numbers, separated by commas'],
    [['--id', 'a,,b'], 'expected names of columns, separated by commas'],
    [['--duplicates', 'max'], 'Allowed choices are mean, sum, first, last'],
    [['--separator', '#'], 'Allowed choices are ,, ;, |, tab'],
  ])('refuse %j', async (args, message) => {
    await expect(parsed(...args)).rejects.toThrow(message);
  });

  it.each([
    ['x', 'nothing'],
    ['a.b/x', 'nothing'],
    ['x.xlsx', '.xlsx'],
    ['x.constructor', '.constructor'],
  ])('list the endings of --out where %s has none of them', (path, ending) => {
    expect(() => fileOutput(path, () => ({}))).toThrow(
      `--out ${path} ends in ${ending}, expected .csv, .json, .svg, .png, .html.`,
    );
  });
});

describe('flags of finetune', () => {
  it.each([
    [['--minutes', 'ten'], 'got "ten", expected a number above 0'],
    [['--minutes', '0'], 'got "0", expected a number above 0'],
    [['--rate', 'NaN'], 'got "NaN", expected a number above 0'],
    [['--seed', '1.5'], 'got "1.5", expected a whole number ≥ 0'],
  ])('refuse %j before anything is read', async (args, message) => {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
    addFinetune(program);
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
    const run = program.parseAsync(['finetune', 'none.csv', '--out', 'none', ...args], { from: 'user' });
    await expect(run).rejects.toThrow(message);
  });
});
