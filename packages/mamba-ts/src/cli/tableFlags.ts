/**
 * The flags that say how a table is read, for every verb that reads series: forecast, backtest, anomalies, finetune.
 *
 *   addTableFlags(addTableArgument(command)).action((path, flags) => …)
 *   const table = await openTable(path, flags);
 */
import type { InputsOf } from '@mamba-ts/core/schema';
import { baseFields } from '@mamba-ts/forecast/options';
import { openTimeTable, type TimeTable, tableFields } from '@mamba-ts/forecast/timeTable';
import type { Command } from 'commander';
import { addFieldFlags, optionsIn } from './fieldFlags.ts';

/** The values of these flags. */
export interface TableFlags extends InputsOf<typeof tableFields> {
  season?: number[];
  /** A table of what is known ahead. */
  future?: string;
}

/** The table that the verb reads. */
export const addTableArgument = (command: Command): Command =>
  command.argument('<table>', 'a CSV or TSV file, also .gz; - is the standard input');

/** --time … --interleaved: how the table is read. They follow from the options of openTimeTable. */
export function addTableFlags(command: Command): Command {
  command.optionsGroup('Table (found, where not given):');
  return addFieldFlags(command, { ...tableFields, season: baseFields.season })
    .option('--future <table>', 'a table of what is known ahead, with the same names of columns')
    .option('--no-header', 'the first row has values');
}

/** The table that a verb was given: a path, or '-' for the standard input. */
export async function openTable(path: string, flags: TableFlags): Promise<TimeTable> {
  const { future, header } = flags;
  // Without --no-header, commander gives true.
  return openTimeTable(path, { ...optionsIn(flags, tableFields), future, ...(header === false && { header }) });
}
