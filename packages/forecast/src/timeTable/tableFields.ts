/** The options of tables, declared once: their checks, errors, flags and help follow. */
import { type Field, field } from '@mamba-ts/core/schema';
import type { DecimalMark, Separator } from '@mamba-ts/core/table';
import type { Aggregation, TimeTableOptions } from './timeTableTypes.ts';

const columns = (help: string): Field<readonly string[]> => ({
  optional: true,
  accepts: (names) => Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== ''),
  expected: 'names of columns, such as ["store", "item"]',
  help,
  placeholder: '<columns>',
  parse: (text) => text.split(',').map((name) => name.trim()),
});

const mark = <M extends string>(marks: readonly M[], help: string): Field<M> =>
  field.choice(marks, { optional: true, help, placeholder: '<mark>' });

/** A field for each option but `future`, which is a table itself. None has a default: what is not given is found. */
export const tableFields = {
  time: field.text({
    optional: true,
    help: "the column of times; 'none': rows are a step apart",
    placeholder: '<column>',
    expected: "the name of a column, or 'none'",
  }),
  value: columns('the columns to forecast, separated by commas'),
  id: columns('the columns that identify a series, separated by commas'),
  known: columns('columns that are known ahead, separated by commas'),
  past: columns('columns that are known only in the past, separated by commas'),
  frequency: field.text({
    optional: true,
    help: 'hourly, daily, business, weekly, monthly, 15min, …; a row belongs to the step in which it is',
    placeholder: '<name>',
    expected: "the name of a frequency, such as 'daily' or '15min'",
  }),
  duplicates: field.choice<Aggregation>(['mean', 'sum', 'first', 'last'], {
    optional: true,
    help: 'how rows of the same time are combined: mean, sum, first or last. Default: they are refused.',
    placeholder: '<how>',
  }),
  dates: field.choice(['dmy', 'mdy'], {
    optional: true,
    help: 'how 03/04/2024 is read: dmy or mdy',
    placeholder: '<order>',
  }),
  header: field.flag({ optional: true, flag: false }),
  separator: { ...mark<Separator>([',', ';', '\t', '|'], 'between fields: , ; | or tab'), parse: tabbed },
  decimal: mark<DecimalMark>(['.', ','], 'the decimal mark of numbers: . or ,'),
  missing: {
    ...columns('what stands for a missing value, separated by commas'),
    accepts: (words) => Array.isArray(words) && words.every((word) => typeof word === 'string'),
    expected: 'texts, such as ["NA", "-999"]',
    placeholder: '<texts>',
  },
  interleaved: field.flag({ optional: true, help: 'rows of different series alternate: all are held in memory' }),
} satisfies { [K in keyof Omit<TimeTableOptions, 'future'>]-?: Field<NonNullable<TimeTableOptions[K]>> };

function tabbed(text: string): string {
  return text === 'tab' ? '\t' : text;
}
