/**
 * Which column is what: said by the user, else found in the first rows.
 *
 *   time     times that can't be anything else; else digits in a column that is called so, or the first, even ones
 *   id       what tells rows of the same time apart: text, then whole numbers that repeat; what comes in blocks
 *   value    the numbers that are left: one below ids, each a series without
 */

import { type CsvRow, requireDifferent } from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';
import { type Column, type Head, Kinds, namesId, namesTime, namesValue } from './columns.ts';
import { formatOf, type TimeFormat } from './times.ts';
import type { TimeTableOptions } from './types.ts';

export interface Layout {
  readonly head: Head;
  readonly time?: Column;
  readonly format?: TimeFormat;
  readonly ids: readonly Column[];
  readonly values: readonly Column[];
  readonly known: readonly Column[];
  readonly past: readonly Column[];
  readonly ignored: readonly Column[];
}

export function layoutOf(head: Head, name: string, options: TimeTableOptions): Layout {
  const { columns } = head;
  const named = (names: readonly string[] | undefined) => names?.map((one) => columnNamed(columns, one, name));
  const covariates = (names: readonly string[] | undefined) =>
    (named(names) ?? []).map((column) => (column.kind === 'text' ? { ...column, kinds: new Kinds() } : column));
  const known = covariates(options.known);
  const past = covariates(options.past);
  const said = [...known, ...past, ...(named(options.value) ?? []), ...(named(options.id) ?? [])];
  const free = (column: Column) => !said.some(({ at }) => at === column.at);
  const time = timeIn(head, name, free, options);
  const twice = said.find(({ at }, i) => said.findIndex((one) => one.at === at) !== i || at === time?.column.at);
  if (twice) {
    throw new UsageError(
      'data',
      `column ${JSON.stringify(twice.name)} of ${name} is named twice, expected one use of each: ` +
        'time, value, id, known or past.',
    );
  }
  const ids = named(options.id) ?? idsIn(head, time, free, (named(options.value) ?? []).length > 0);
  const left = columns.filter((column) => free(column) && column !== time?.column && !ids.includes(column));
  const values = named(options.value) ?? valuesIn(left, ids, name, head);
  // Series are known by the names of their columns.
  requireDifferent(name, names(columns), names(values));
  const used = [time?.column, ...ids, ...values, ...known, ...past].map((column) => column?.at);
  const ignored = columns.filter(({ at }) => !used.includes(at));
  return { head, ...(time && { time: time.column, format: time.format }), ids, values, known, past, ignored };
}

const names = (columns: readonly Column[]): string[] => columns.map((column) => column.name);

export function columnNamed(columns: readonly Column[], wanted: string, name: string): Column {
  requireDifferent(name, names(columns), [wanted]);
  const found = columns.find((column) => column.name === wanted);
  if (found) return found;
  const quoted = columns.slice(0, 12).map((column) => JSON.stringify(column.name));
  throw new UsageError(
    'data',
    `${name} has no column ${JSON.stringify(wanted)}, expected one of ${quoted.join(', ')}.`,
  );
}

interface Time {
  column: Column;
  format: TimeFormat;
}

function timeIn(
  { columns }: Head,
  name: string,
  free: (column: Column) => boolean,
  { time, dates }: TimeTableOptions,
): Time | undefined {
  if (time === 'none') return undefined;
  const formatIn = (column: Column, anyDigits: boolean) =>
    formatOf(column.fields, { anyDigits, order: dates, where: `${name}, column ${JSON.stringify(column.name)}` });
  if (time !== undefined) {
    const column = columnNamed(columns, time, name);
    const format = formatIn(column, true);
    if (format) return { column, format };
    throw noTimes(column, name);
  }
  const times = columns.filter((column) => column.kind === 'time' && free(column));
  const sure = times.find(namesTime) ?? times[0];
  if (sure) {
    const format = formatIn(sure, false);
    if (format) return { column: sure, format };
  }
  const numbers = columns.filter((column) => column.kind === 'number' && free(column));
  for (const column of [...numbers.filter(namesTime), ...numbers.slice(0, 1).filter((one) => one.at === 0)]) {
    // One column by itself is the values.
    if (columns.length === 1) break;
    const format = formatIn(column, true);
    if (!format || !(namesTime(column) || isEven(column, format))) continue;
    const part = numbers.find((one) => one !== column && PART.test(one.name));
    if (part && format.style === 'year' && new Set(column.fields).size < column.fields.length) {
      throw new UsageError(
        'data',
        `${name} has its times in several columns, ${JSON.stringify(column.name)} and ${JSON.stringify(part.name)}, ` +
          'expected one, such as 2024-03 or 2024-03-31. Make one of them, or name the one of times (time).',
      );
    }
    return { column, format };
  }
  // What is called a time and can't be read would otherwise be left out without a word.
  const unread = columns.find((column) => column.kind === 'text' && namesTime(column) && free(column));
  if (unread) throw noTimes(unread, name);
  return undefined;
}

function noTimes({ name: title, fields }: Column, name: string): Error {
  return new UsageError(
    'data',
    `column ${JSON.stringify(title)} of ${name} has ${JSON.stringify(fields[0] ?? '')}, expected times such as ` +
      '2024-03-31, 2024-03-31 14:30, 31/03/2024, 2024-03, 2024 Q1, 2024, epoch seconds or whole numbers. ' +
      `Mend them, or say that rows are a step apart (time: 'none').`,
  );
}

/** What a year is divided into. */
const PART = /^(quarters?|months?|weeks?|days?|hours?|monat|woche|tag|mes|mois)$/i;

/** Fewer steps are even by chance. */
const FEWEST_EVEN = 3;

/** Numbers that go up evenly. */
function isEven({ fields }: Column, format: TimeFormat): boolean {
  const times = fields.map((field) => format.read(field)?.time ?? Number.NaN);
  const steps = times.slice(1).map((time, i) => time - times[i]);
  return steps.length >= FEWEST_EVEN && steps.every((step) => step > 0 && step === steps[0]);
}

function idsIn(head: Head, time: Time | undefined, free: (column: Column) => boolean, hasValue: boolean): Column[] {
  const { rows, columns } = head;
  const left = columns.filter((column) => column !== time?.column && free(column));
  const texts = byName(left.filter(({ kind }) => kind === 'text'));
  const numbers = byName(left.filter(({ kind }) => kind === 'number'));
  const timeOf = (row: CsvRow) => (time ? row.fields[time.column.at] : undefined);
  if (rows.length < 2) return texts.slice(0, 1);
  if (!time) return texts.filter((column) => comesInBlocks(rows, column.at)).slice(0, 1);
  if (new Set(rows.map(timeOf)).size === rows.length) {
    // One series so far: others may begin below; or several, of times that no two of them share.
    const { column, format } = time;
    const instants = rows.map(({ fields }) => format.read(fields[column.at])?.time ?? Number.NaN);
    return [...texts, ...numbers.filter(namesId)]
      .filter(({ at }) => isConstant(rows, at) || restarts(rows, at, instants))
      .slice(0, 1);
  }
  const tells = (found: readonly Column[]) =>
    new Set(rows.map((row) => [timeOf(row), ...found.map(({ at }) => row.fields[at])].join('\0'))).size === rows.length;
  // A number can tell rows apart by accident, and one must be left to forecast.
  const wholes = numbers.filter(
    (column) =>
      column.fields.every((field) => /^-?\d+$/.test(field)) &&
      !namesTime(column) &&
      !namesValue(column) &&
      (namesId(column) || distinct(column) * 2 <= rows.length) &&
      (hasValue || numbers.length > 1),
  );
  const all = [...texts, ...wholes.filter(namesId)];
  const called = all.filter(namesId);
  const one = [...texts, ...wholes].find((column) => tells([column]));
  const found = one ? [one] : [called, texts, all].find((several) => several.length > 1 && tells(several));
  return found ?? called.slice(0, 1);
}

/** Those that are called ids first, then those that repeat most. */
function byName(columns: readonly Column[]): Column[] {
  const rank = (column: Column) => (namesId(column) ? 0 : 1);
  return [...columns].sort((a, b) => rank(a) - rank(b) || distinct(a) - distinct(b));
}

const distinct = ({ fields }: Column): number => new Set(fields).size;

/** Rows of the same text stand together, and there are fewer texts than rows. */
function comesInBlocks(rows: readonly CsvRow[], at: number): boolean {
  const texts = rows.map(({ fields }) => fields[at]);
  const blocks = texts.filter((text, i) => text !== texts[i - 1]).length;
  const different = new Set(texts).size;
  return blocks === different && different < rows.length;
}

/** Rows stand in blocks, in each of which time goes one way, and it goes back where another one begins. */
function restarts(rows: readonly CsvRow[], at: number, times: readonly number[]): boolean {
  if (!comesInBlocks(rows, at)) return false;
  const ways = { within: new Set<number>(), between: new Set<number>() };
  for (let i = 1; i < rows.length; i++) {
    const isWithin = rows[i].fields[at] === rows[i - 1].fields[at];
    ways[isWithin ? 'within' : 'between'].add(Math.sign(times[i] - times[i - 1]));
  }
  const [way] = ways.within;
  return ways.within.size === 1 && ways.between.has(-way);
}

const isConstant = (rows: readonly CsvRow[], at: number): boolean =>
  rows.every(({ fields }) => fields[at] === rows[0].fields[at]);

function valuesIn(left: readonly Column[], ids: readonly Column[], name: string, { rows }: Head): Column[] {
  const all = left.filter(({ kind }) => kind === 'number');
  const counted = all.filter((column) => !isRowNumber(column, rows.length));
  const numbers = counted.length > 0 ? counted : all;
  const found = numbers.filter((column) => !namesTime(column) || numbers.length === 1);
  const called = found.filter(namesValue);
  if (found.length > 0 && (ids.length === 0 || found.length === 1)) {
    return called.length === 1 && /^(y|value|target)$/i.test(called[0].name) ? called : found;
  }
  if (called.length === 1) return called;
  const names = (columns: readonly Column[]) => columns.map((column) => JSON.stringify(column.name)).join(', ');
  if (found.length === 0) {
    const seen = left.map(
      ({ name: title, fields }) => `${JSON.stringify(title)} has ${JSON.stringify(fields[0] ?? '')}`,
    );
    throw new UsageError(
      'data',
      `${name} has no column of numbers${seen.length > 0 ? `: ${seen.slice(0, 6).join(', ')}` : ''}. ` +
        'Name the column to forecast (value), and the decimal mark if it is not found (decimal).',
    );
  }
  throw new UsageError(
    'data',
    `${name} has several columns of numbers beside ${names(ids)}: ${names(found)}. ` +
      'Name the one to forecast (value); others may be known ahead (known) or in the past alone (past).',
  );
}

/** What pandas writes first: 0, 1, 2 … without a name. */
function isRowNumber({ isNamed, at, fields }: Column, rows: number): boolean {
  return !isNamed && at === 0 && rows > 1 && fields.length === rows && fields.every((field, i) => Number(field) === i);
}
