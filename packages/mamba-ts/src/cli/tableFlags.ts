/**
 * The flags that say how a table is read, for every verb that reads series: forecast, backtest, anomalies, finetune.
 *
 *   addTableFlags(tableVerb(program, 'backtest', '…')).action((table, flags) => …)
 *   const table = await openTable(path, flags);
 *   for await (const { series, seasons } of seriesBatches(table.series()))
 *     await forecaster.forecastAll(series.map(({ values }) => values), { ...answerOptions(flags, seasons), horizon });
 */

import { calendarSeasons } from '@mamba-ts/forecast/seasons';
import { type Aggregation, openTimeTable, type TimeTable } from '@mamba-ts/forecast/timeTable';
import type { ForecastOptions } from '@mamba-ts/forecast/types';
import { type Command, InvalidArgumentError, Option } from 'commander';

export interface TableFlags {
  time?: string;
  value?: string[];
  id?: string[];
  frequency?: string;
  season?: number[];
  known?: string[];
  past?: string[];
  future?: string;
  duplicates?: Aggregation;
  dates?: 'dmy' | 'mdy';
  header?: boolean;
  separator?: string;
  decimal?: '.' | ',';
  interleaved?: boolean;
}

export interface AnswerFlags {
  level?: number[];
  quantiles?: number[];
  nonNegative?: boolean;
  integer?: boolean;
}

/** A verb that reads a table: its name, and what it does. */
export const tableVerb = (program: Command, name: string, about: string): Command =>
  program.command(name).description(about).argument('<table>', 'a CSV or TSV file, also .gz; - is the standard input');

/** --time … --interleaved: how the table is read. */
export function addTableFlags(command: Command): Command {
  return command
    .optionsGroup('Table (found, where not given):')
    .option('--time <column>', "the column of times; 'none': rows are a step apart")
    .option('--value <columns>', 'the columns to forecast, separated by commas', names)
    .option('--id <columns>', 'the columns that tell series apart, separated by commas', names)
    .option(
      '--frequency <name>',
      'hourly, daily, business, weekly, monthly, 15min, …; rows belong to the step they fall in',
    )
    .option('--season <steps>', 'steps of a season, or of several, separated by commas; 1: none', numbers)
    .option('--known <columns>', 'columns that are known ahead, separated by commas', names)
    .option('--past <columns>', 'columns that are known in the past alone, separated by commas', names)
    .option('--future <table>', 'a table of what is known ahead, with the same names of columns')
    .addOption(
      new Option('--duplicates <how>', 'rows of the same time (default: refused)').choices([
        'mean',
        'sum',
        'first',
        'last',
      ]),
    )
    .addOption(new Option('--dates <order>', 'how 03/04/2024 is read').choices(['dmy', 'mdy']))
    .option('--no-header', 'the first row has values')
    .addOption(new Option('--separator <mark>', 'between fields').choices([',', ';', '|', 'tab']))
    .addOption(new Option('--decimal <mark>', 'of numbers').choices(['.', ',']))
    .option('--interleaved', 'rows of different series alternate: all are held in memory');
}

/** --level, --quantiles, --non-negative, --integer: what a forecast says. */
export function addAnswerFlags(command: Command): Command {
  return command
    .optionsGroup('Answer:')
    .option('--level <percents>', 'intervals, separated by commas, e.g. 80,95', numbers)
    .option('--quantiles <numbers>', 'each between 0 and 1 (default: 0.1 … 0.9)', numbers)
    .option('--non-negative', 'values can’t be below 0 (default: found in the values)')
    .option('--integer', 'values are whole numbers');
}

/** The table that a verb was given: a path, or '-' for the standard input. */
export async function openTable(path: string, flags: TableFlags): Promise<TimeTable> {
  const { header, separator, season: _, ...options } = flags;
  return openTimeTable(path, {
    ...options,
    // Commander says true where --no-header is not given.
    ...(header === false && { header }),
    ...(separator !== undefined && { separator: separator === 'tab' ? '\t' : (separator as ',' | ';' | '|') }),
  });
}

/** What the flags say of a forecast; `seasons` are those of the calendar, which --season overrides. */
export function answerOptions(
  { season, level, quantiles, nonNegative, integer }: TableFlags & AnswerFlags,
  seasons: readonly number[],
): Omit<ForecastOptions, 'horizon'> {
  return { season: season ?? calendarSeasons(seasons), levels: level, quantiles, nonNegative, integer };
}

/** 'a, b' as ['a', 'b']. */
export function names(text: string): string[] {
  const found = text.split(',').map((one) => one.trim());
  if (found.every((one) => one !== '')) return found;
  throw new InvalidArgumentError(`got ${JSON.stringify(text)}, expected names of columns, separated by commas.`);
}

/** '80,95' as [80, 95]. */
export function numbers(text: string): number[] {
  const found = text.split(',').map((one) => (one.trim() === '' ? Number.NaN : Number(one)));
  if (found.every(Number.isFinite)) return found;
  throw new InvalidArgumentError(`got ${JSON.stringify(text)}, expected numbers, separated by commas.`);
}

/** A whole number from 1 on. */
export function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError(`got ${JSON.stringify(text)}, expected a whole number from 1 on.`);
}
