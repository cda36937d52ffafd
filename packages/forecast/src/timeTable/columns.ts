/** The columns of a table by what their first fields look like, and what their names say. */

import type { CsvRow, Separator } from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';
import { decimalOf, isMissing, tableNumbers } from './numbers.ts';
import { formatOf } from './times.ts';
import type { TimeTableOptions } from './types.ts';

export interface Column {
  readonly at: number;
  readonly name: string;
  readonly isNamed: boolean;
  /** Its first fields that are not missing. */
  readonly fields: readonly string[];
  readonly kind: 'number' | 'time' | 'text' | 'empty';
  /** Of a covariate that is text: its numbers. */
  readonly kinds?: Kinds;
}

/** Texts as numbers, in the order in which they are met. */
export class Kinds {
  readonly names: string[] = [];
  readonly #codes = new Map<string, number>();

  codeOf(name: string): number {
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    this.#codes.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

export interface Head {
  readonly columns: readonly Column[];
  readonly decimal: '.' | ',';
  /** Rows of the sample that have values: all but the header. */
  readonly rows: readonly CsvRow[];
}

/** The share of numbers that makes a column one of numbers; the others are then refused by row. */
const MOST = 0.8;

const TIME_NAME =
  /^(t|ds|ts|timestamps?|times?|dates?|datetimes?|date[ _-]?time|time[ _-]?stamp|days?|weeks?|months?|quarters?|years?|period|hours?|minutes?|index|step|epoch|unix([ _-]?time)?|utc|jahr|monat|datum|zeit|zeitpunkt|zeitstempel|woche|tag|stunde|fecha|hora|año|mes|mois|semaine|année|heure|jour|data|ora)$|[ _](time|date|at|timestamp|utc|datetime)$|^(time|date|datetime|timestamp)[ _([]/i;
const ID_NAME =
  /(^|[ _-])(id|ids|uid|name|item|series|store|shop|sku|product|article|country|region|city|state|station|sensor|meter|device|site|location|customer|category|group|key|symbol|ticker|code)$|^(.*[ _-])?(unique_id|item_id|artikel|filiale|kunde|land|ort)$/i;
const VALUE_NAME =
  /^(y|x|values?|target|sales|revenue|demand|quantity|qty|units?|count|amount|volume|consumption|load|wert|menge|umsatz|absatz|verbrauch|valor|ventas|valeur|ventes)$/i;

export const namesTime = ({ name, isNamed }: Column): boolean => isNamed && TIME_NAME.test(name);
export const namesId = ({ name, isNamed }: Column): boolean => isNamed && ID_NAME.test(name);
export const namesValue = ({ name, isNamed }: Column): boolean => isNamed && VALUE_NAME.test(name);

/** The first rows: whether there is a header, what decimals look like, what each column holds. */
export function headOf(first: readonly CsvRow[], name: string, separator: Separator, options: TimeTableOptions): Head {
  const [begin] = first;
  const width = begin.fields.length;
  const below = first.slice(1);
  requireUpright(begin, name);
  const kinds = (rows: readonly CsvRow[], decimal: '.' | ',') =>
    Array.from({ length: width }, (_, at) => kindOf(present(rows, at), decimal, options, name));
  const guess = decimalIn(first, separator, options);
  const decimal = guess === '?' ? '.' : guess;
  const hasHeader = options.header ?? looksLikeHeader(begin, kinds(below, decimal), decimal);
  const rows = (hasHeader ? below : first).filter((row) => !isEmpty(row));
  if (guess === '?') throw unclearDecimal(rows, name);
  const found = hasHeader ? kinds(below, decimal) : kinds(first, decimal);
  const columns = found.map((kind, at): Column => {
    const title = hasHeader ? begin.fields[at] : '';
    const isNamed = title !== '';
    return { at, name: isNamed ? title : `column ${at + 1}`, isNamed, fields: present(rows, at), kind };
  });
  return { columns, decimal, rows };
}

/** A table whose times go to the right would be read as one of values without names. */
function requireUpright({ fields }: CsvRow, name: string): void {
  const [first, ...rest] = fields;
  const isTime = (field: string) =>
    /^(1[5-9]|2[01])\d\d$/.test(field) ||
    formatOf([field], { anyDigits: false, order: 'dmy', where: name }) !== undefined;
  if (rest.length < 3 || isTime(first) || /\d/.test(first)) return;
  if (!rest.every((field, i) => isTime(field) && (i === 0 || field !== rest[i - 1]))) return;
  throw new UsageError(
    'data',
    `${name} has times in its first row (${rest[0]}, ${rest[1]} …), a series in each row, expected times below ` +
      'each other. Turn the table: rows to columns.',
  );
}

/** Whether a row has separators alone. */
export const isEmpty = ({ fields }: CsvRow): boolean => fields.every((field) => field === '');

const present = (rows: readonly CsvRow[], at: number): string[] =>
  rows.map(({ fields }) => fields[at] ?? '').filter((field) => !isMissing(field));

function kindOf(
  fields: readonly string[],
  decimal: '.' | ',',
  options: TimeTableOptions,
  where: string,
): Column['kind'] {
  if (fields.length === 0) return 'empty';
  const read = tableNumbers(decimal);
  if (fields.filter((field) => read(field) !== undefined).length >= MOST * fields.length) return 'number';
  // Which of day and month is first is asked once it is known that the column is the one of times.
  return formatOf(fields, { anyDigits: false, order: options.dates ?? 'dmy', where }) ? 'time' : 'text';
}

/** Names stand above numbers and times, and are neither. */
function looksLikeHeader({ fields }: CsvRow, below: readonly Column['kind'][], decimal: '.' | ','): boolean {
  const read = tableNumbers(decimal);
  const isTyped = (field: string) =>
    read(field) !== undefined || formatOf([field], { anyDigits: false, order: 'dmy', where: '' }) !== undefined;
  const typed = below.map((kind, at) => ({ kind, at })).filter(({ kind }) => kind === 'number' || kind === 'time');
  if (typed.length > 0) return typed.some(({ at }) => fields[at] !== '' && !isTyped(fields[at]));
  return !fields.some((field) => field !== '' && isTyped(field));
}

function decimalIn(rows: readonly CsvRow[], separator: Separator, { decimal }: TimeTableOptions): '.' | ',' | '?' {
  if (decimal) return decimal;
  const found = decimalOf(rows.flatMap(({ fields }) => fields));
  if (found === '.' && separator !== ',' && groupedColumn(rows) >= 0) return '?';
  // Only quoted fields can have a comma between commas: groups of thousands.
  return found === '?' && separator === ',' ? '.' : found;
}

/** A column that may count thousands with dots, where none of the table has a dot that is sure: 987, 1.234. */
function groupedColumn(rows: readonly CsvRow[]): number {
  const isGrouped = (field: string) => /^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(field);
  const dotted = (field: string) => /^[+-]?\d*\.\d+(e[+-]?\d+)?$/i.test(field);
  if (rows.some(({ fields }) => fields.some((field) => dotted(field) && !isGrouped(field)))) return -1;
  // Decimals of one length are written in full: 987.000. Counts beyond 999 have their dot.
  return rows[0].fields.findIndex((_, at) => {
    const fields = present(rows, at);
    return (
      fields.some(isGrouped) &&
      fields.some((field) => /^[+-]?\d{1,3}$/.test(field)) &&
      !fields.some((field) => /^[+-]?\d{4,}$/.test(field))
    );
  });
}

function unclearDecimal(rows: readonly CsvRow[], name: string): Error {
  const at = groupedColumn(rows);
  const isUnclear = at >= 0 ? /^[+-]?\d{1,3}\.\d{3}$/ : /^[+-]?\d{1,3},\d{3}$/;
  const row = rows.find(({ fields }) => fields.some((field) => isUnclear.test(field)));
  const text = row?.fields.find((field) => isUnclear.test(field)) ?? '';
  const [whole, part] = text.split(/[.,]/);
  return new UsageError(
    'data',
    `${name}, line ${row?.line} has ${JSON.stringify(text)}, which can be ${whole}${part} or ${whole}.${part}. ` +
      `Say which mark is the decimal one (decimal: ',' or '.').`,
  );
}
