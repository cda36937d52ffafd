/**
 * The flags that say how a table is read, for every verb that reads series: forecast, backtest, anomalies, finetune.
 *
 *   addTableFlags(tableVerb(program, 'backtest', '…')).action((path, flags) => …)
 *   const table = await openTable(path, flags);
 */
import { baseFields } from '@mamba-ts/forecast/options';
import { type Aggregation, openTimeTable, type TimeTable } from '@mamba-ts/forecast/timeTable';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addFieldFlags } from './fieldFlags.ts';

/** The values of these flags. */
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

/** A verb that reads a table: its name, and what it does. */
export const tableVerb = (program: Command, name: string, about: string): Command =>
  program.command(name).description(about).argument('<table>', 'a CSV or TSV file, also .gz; - is the standard input');

/** --time … --interleaved: how the table is read. */
export function addTableFlags(command: Command): Command {
  command
    .optionsGroup('Table (found, where not given):')
    .option('--time <column>', "the column of times; 'none': rows are a step apart")
    .option('--value <columns>', 'the columns to forecast, separated by commas', names)
    .option('--id <columns>', 'the columns that identify a series, separated by commas', names)
    .option(
      '--frequency <name>',
      'hourly, daily, business, weekly, monthly, 15min, …; rows belong to the step they fall in',
    );
  return addFieldFlags(command, { season: baseFields.season })
    .option('--known <columns>', 'columns that are known ahead, separated by commas', names)
    .option('--past <columns>', 'columns that are known in the past only, separated by commas', names)
    .option('--future <table>', 'a table of what is known ahead, with the same names of columns')
    .addOption(
      new Option('--duplicates <how>', 'how rows of the same time are combined. Default: they are refused.').choices([
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

/** The table that a verb was given: a path, or '-' for the standard input. */
export async function openTable(path: string, flags: TableFlags): Promise<TimeTable> {
  const { time, value, id, frequency, known, past, future, duplicates, dates, decimal, interleaved } = flags;
  const { header, separator } = flags;
  return openTimeTable(path, {
    ...{ time, value, id, frequency, known, past, future, duplicates, dates, decimal, interleaved },
    // Without --no-header, commander gives true.
    ...(header === false && { header }),
    ...(separator !== undefined && { separator: separator === 'tab' ? '\t' : (separator as ',' | ';' | '|') }),
  });
}

/** 'a, b' as ['a', 'b']. */
export function names(text: string): string[] {
  const found = text.split(',').map((name) => name.trim());
  if (found.every((name) => name !== '')) return found;
  throw new InvalidArgumentError(`got ${JSON.stringify(text)}, expected names of columns, separated by commas.`);
}
