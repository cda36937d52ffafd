/**
 * What the first rows of a table say of its columns: whether they have names, which mark is the decimal one, and what
 * each column holds.
 *
 *   date;y                  date   'time', if the caller knows times
 *   2024-01-01;1,5     →    y      'number', decimal ','
 */
import { UsageError } from '../errors.ts';
import { decimalOf, mayGroup, NUMBER_SHARE, ownMarks } from './decimalMark.ts';
import { CellError, type CellPlace } from './errors.ts';
import { unmarked } from './numberMarks.ts';
import { type DecimalMark, missingReader, numberReader } from './numbers.ts';
import type { Separator, TableRow } from './rowSource.ts';

/** Whether the fields of a column are of a kind; they are not empty, and none of them is a missing value. */
export type KindTest = (fields: readonly string[]) => boolean;

/** How the columns of a table are found. */
export interface ColumnOptions<Kind extends string = never> {
  /** Whether the first row has the names of the columns. Default: whether it differs in kind from the rows below. */
  readonly header?: boolean;
  /** Default: the one that the first rows show; a table whose numbers can be read with both is refused. */
  readonly decimal?: DecimalMark;
  /** What stands for a missing value, in upper or lower case. Default: `MISSING`. */
  readonly missing?: readonly string[];
  /** Kinds of columns beside numbers and texts, e.g. times: the first whose test accepts the fields. Default: none. */
  readonly kinds?: Readonly<Record<Kind, KindTest>>;
  /** The number in the name of the first column without a name: 'column 1'. Default: 1. */
  readonly numberedFrom?: 0 | 1;
}

/** A column, as the first rows show it. */
export interface Column<Kind extends string = never> {
  /** Its place among the fields of a row, from 0. */
  readonly at: number;
  /** Its name in the header, or 'column 1'. */
  readonly name: string;
  /** Whether the name is from the header. */
  readonly isNamed: boolean;
  /** Most of its first fields are numbers, or of a kind of the caller's; 'empty' where all of them are missing. */
  readonly kind: 'number' | 'text' | 'empty' | Kind;
  /** Its first fields without missing values. */
  readonly fields: readonly string[];
  /** The decimal mark of its numbers. */
  readonly decimal: DecimalMark;
  /** What stands beside its numbers: '$', '%', 'kW'; '' for nothing. */
  readonly mark: string;
  /** Whether a point in a later field may stand between thousands, as far as the first ones tell. */
  readonly mayGroup: boolean;
}

/** What was decided from the first rows. */
export interface Decided<Kind extends string = never> {
  readonly hasHeader: boolean;
  readonly decimal: DecimalMark;
  readonly columns: readonly Column<Kind>[];
  /** The first rows that have values: without the header and without rows of nothing. */
  readonly sample: readonly TableRow[];
}

/** Whether a row has no text at all. */
export const isEmptyRow = ({ fields }: TableRow): boolean => fields.every((field) => field === '');

/**
 * Decides by the rows given and nothing else, so that it can be repeated with more rows.
 *
 * @param first at least one row; `name`: what messages call the table
 * @throws CellError where the decimal mark is unclear
 */
export function decideColumns<Kind extends string = never>(
  first: readonly TableRow[],
  name: string,
  separator: Separator,
  options: ColumnOptions<Kind>,
): Decided<Kind> {
  const [begin, ...below] = first;
  const isMissing = missingReader(options.missing);
  const decimal = options.decimal ?? decimalOf(first, separator, isMissing);
  const found = options.decimal === undefined ? ownMarks(first, isMissing) : [];
  // Columns have one mark, unless some can have points only, and others commas only.
  const own = found.includes('.') && found.includes(',') ? found : [];
  const decimals = begin.fields.map((_, at) => own[at] ?? (typeof decimal === 'string' ? decimal : '.'));
  const readers = { '.': kindReader('.', options), ',': kindReader(',', options) };
  const present = (rows: readonly TableRow[], at: number) =>
    rows.map(({ fields }) => fields[at] ?? '').filter((field) => !isMissing(field));
  const hasHeader =
    options.header ??
    looksLikeHeader(
      begin,
      begin.fields.map((_, at) => readers[decimals[at]](present(below, at))),
      (field, at) => isMissing(field) || readers[decimals[at]]([field]) !== 'text',
    );
  const sample = (hasHeader ? below : first).filter((row) => !isEmptyRow(row));
  const columns = begin.fields.map((title, at): Column<Kind> => {
    const isNamed = hasHeader && title !== '';
    const fields = present(sample, at);
    const name = isNamed ? title : `column ${at + (options.numberedFrom ?? 1)}`;
    const decimal = decimals[at];
    const kind = readers[decimal](fields);
    const isNumber = kind === 'number';
    const isOpen = isNumber && options.decimal === undefined && separator !== ',' && mayGroup(fields);
    return { at, name, isNamed, kind, fields, decimal, mark: isNumber ? markOf(fields) : '', mayGroup: isOpen };
  });
  if (typeof decimal === 'string') return { hasHeader, decimal, columns, sample };
  if (own[decimal.at] !== undefined) return { hasHeader, decimal: '.', columns, sample };
  const { at, line, field } = decimal;
  throw unclear({ table: name, line, column: columns[at].name }, field);
}

/** The question which mark is the decimal one. */
export function unclear(place: CellPlace, field: string): CellError {
  const [whole, part] = (unmarked(field)?.number ?? field).split(/[.,]/);
  return new CellError(
    place,
    `has ${JSON.stringify(field)}, which can be ${whole}${part} or ${whole}.${part}`,
    "Say which mark is the decimal one (decimal: ',' or '.').",
  );
}

function kindReader<Kind extends string>(decimal: DecimalMark, { missing, kinds }: ColumnOptions<Kind>) {
  const read = numberReader({ decimal, missing });
  const others = Object.entries(kinds ?? {}) as [Kind, KindTest][];
  return (fields: readonly string[]): Column<Kind>['kind'] => {
    if (fields.length === 0) return 'empty';
    const numbers = fields.filter((field) => read(field) !== undefined);
    const areNumbers = numbers.length >= NUMBER_SHARE * fields.length;
    const marks = areNumbers ? marksOf(numbers) : [];
    if (areNumbers && marks.length === 0) return 'number';
    // '31 Mar' is a time rather than a number with a unit.
    const other = others.find(([, accepts]) => accepts(fields))?.[0];
    return other ?? (areNumbers && marks.length === 1 ? 'number' : 'text');
  };
}

/** What stands beside numbers, each mark once. */
const marksOf = (fields: readonly string[]): readonly string[] => [
  ...new Set(fields.map((field) => unmarked(field)?.mark ?? '').filter((mark) => mark !== '')),
];

const markOf = (fields: readonly string[]): string => marksOf(fields)[0] ?? '';

/** Names stand above numbers and times, and are neither. Above texts alone, a row without any is one of names. */
function looksLikeHeader(
  { fields }: TableRow,
  below: readonly string[],
  isTyped: (field: string, at: number) => boolean,
): boolean {
  const typed = below.flatMap((kind, at) => (kind === 'text' || kind === 'empty' ? [] : [at]));
  if (typed.length > 0) return typed.some((at) => fields[at] !== '' && !isTyped(fields[at], at));
  return !fields.some((field, at) => field !== '' && isTyped(field, at));
}

const quoted = (names: readonly string[]): string =>
  names
    .slice(0, 12)
    .map((name) => JSON.stringify(name))
    .join(', ');

/** Refuses names of columns that the table has several times. `table` is what messages call it. */
export function requireUnique(table: string, columns: readonly string[], names: readonly string[]): void {
  const twice = names.find((name) => columns.indexOf(name) !== columns.lastIndexOf(name));
  if (twice === undefined) return;
  throw new UsageError(
    'data',
    `${table} has several columns ${JSON.stringify(twice)}, expected names that differ. Rename them.`,
  );
}

/**
 * The columns of these names, in their order.
 *
 * @param table what messages call the table
 * @throws UsageError where the table has none of a name, or several
 * @example
 * const [date, units] = columnsNamed('sales.csv', table.columns, ['date', 'units']);
 */
export function columnsNamed<C extends { readonly name: string }>(
  table: string,
  columns: readonly C[],
  names: readonly string[],
): C[] {
  const all = columns.map(({ name }) => name);
  requireUnique(table, all, names);
  const lacking = names.filter((name) => !all.includes(name));
  if (lacking.length === 0) return names.map((name) => columns[all.indexOf(name)]);
  throw new UsageError(
    'data',
    `${table} has no column ${lacking.map((name) => JSON.stringify(name)).join(' or ')}, expected one of ${quoted(all)}.`,
  );
}
