/**
 * A table, row by row: its first rows decide what its columns are, then all rows are read by that.
 *
 *   file → rows of text fields (csv.ts) → decisions by the first rows (columns.ts) → values (numbers.ts)
 */
import { type Column, type ColumnOptions, columnsNamed, type Decided, decideColumns, unclear } from './columns.ts';
import { isUnclear } from './decimalMark.ts';
import type { Encoding } from './decodeText.ts';
import { CellError, type CellPlace } from './errors.ts';
import { type DecimalMark, missingReader, type NumberReader, numberReader } from './numbers.ts';
import type { RowSource, Separator, TableRow } from './rowSource.ts';
import { openSource, type TableSource } from './tableSource.ts';

/** How a table is read. What is not given is found in its first 1000 rows. */
export interface TableOptions<Kind extends string = never> extends ColumnOptions<Kind> {
  /** What stands between fields. Default: the one that the first line names (sep=;) or has most of. */
  readonly separator?: Separator;
  /** The largest number that is accepted, of either sign. Default: the largest that a double holds. */
  readonly largest?: number;
  /** What messages advise for a field that is no number. Default: 'Fix it, or choose columns of numbers.' */
  readonly advice?: string;
}

/** Rows that are looked at before the table is read. */
const SAMPLE_ROWS = 1000;

/**
 * Opens a table and reads its first 1000 rows. An empty table has no columns.
 *
 * Close it, or read its rows to their end.
 *
 * @throws UsageError where there is no such file, or it is no text, no gzip or no CSV
 * @throws CellError where the decimal mark is unclear
 * @example
 * const table = await openTable('sales.csv');
 * const [units] = table.named(['units']);
 * for await (const rows of table.rows()) for (const row of rows) console.log(row.line, table.numberAt(row, units));
 */
export async function openTable<Kind extends string = never>(
  source: TableSource,
  options: TableOptions<Kind> = {},
): Promise<Table<Kind>> {
  const rows = await openSource(source, options.separator);
  try {
    const read: TableRow[] = [];
    for (let count = 0; count < SAMPLE_ROWS; ) {
      const { done, value: batch } = await rows.batches.next();
      if (done) break;
      for (const row of batch) {
        const isEmpty = isEmptyLine(row);
        if (!isEmpty) count++;
        // The first line that is not empty is the first row; below it, empty lines matter in a single column.
        if (!isEmpty || (count > 0 && read[0].fields.length === 1)) read.push(row);
      }
    }
    return new Table(rows, read, options);
  } catch (error) {
    await rows.batches.return(undefined);
    throw error;
  }
}

/**
 * The number of rows above a table: a title and the like, with fewer fields than most rows, or with the first field
 * alone. There are none where the table has one column.
 */
function preambleOf(read: readonly TableRow[]): number {
  const counts = new Map<number, number>();
  for (const row of read)
    if (!isEmptyLine(row)) counts.set(row.fields.length, (counts.get(row.fields.length) ?? 0) + 1);
  const [width, rows] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [1, 0]);
  if (width < 2 || 2 * rows < read.length) return 0;
  const isTitle = (row: TableRow, i: number) =>
    row.fields.length < width || (hasFirstAlone(row) && i + 1 < read.length && namesColumns(read[i + 1], width));
  const first = read.findIndex((row, i) => !isTitle(row, i));
  return first > 0 && first <= LONGEST_PREAMBLE && namesColumns(read[first], width) ? first : 0;
}

const hasFirstAlone = ({ fields }: TableRow): boolean =>
  fields[0] !== '' && fields.slice(1).every((text) => text === '');
/** Whether a row has several texts, none of which begins as a number does; or is empty as well. */
const namesColumns = ({ fields }: TableRow, width: number): boolean =>
  fields.length < width ||
  fields.every((text) => text === '') ||
  (fields.filter((text) => text !== '').length > 1 && !fields.some((text) => /^[\d.,$€+-]/.test(text)));

/** A table that begins further below is not found. */
const LONGEST_PREAMBLE = 50;

const isEmptyLine = ({ fields }: TableRow): boolean => fields.length === 1 && fields[0] === '';

/** An open table: what was decided of its columns, and its rows, which can be read once. */
export class Table<Kind extends string = never> {
  /** What messages call it. */
  readonly name: string;
  readonly separator: Separator;
  readonly decimal: DecimalMark;
  /** Rows above the names of the columns, such as a title, which are left out. */
  readonly preamble: number;
  /** In the order of the file; none where the table is empty. */
  readonly columns: readonly Column<Kind>[];
  /** The first row as it is written, with or without names; undefined where the table is empty. */
  readonly firstRow: TableRow | undefined;
  /** The first rows below the header, those of nothing left out: what the columns were decided by. */
  readonly sample: readonly TableRow[];
  /** Whether a field is a missing value. */
  readonly isMissing: (field: string) => boolean;
  readonly #hasHeader: boolean;
  /** For each column. */
  readonly #numbers: readonly NumberReader[];
  readonly #options: TableOptions<Kind>;
  readonly #source: RowSource;
  /** Rows that were read to decide. */
  #read: readonly TableRow[];

  /** `read`: the rows of `source` that were read to decide. */
  constructor(source: RowSource, read: readonly TableRow[], options: TableOptions<Kind>) {
    const { name, separator } = source;
    const found = preambleOf(read);
    this.preamble = found;
    const first = read
      .slice(found)
      .filter((row) => !isEmptyLine(row))
      .slice(0, SAMPLE_ROWS);
    const decided: Decided<Kind> =
      first.length === 0
        ? { hasHeader: false, decimal: options.decimal ?? '.', columns: [], sample: [] }
        : decideColumns(first, name, separator, options);
    this.name = name;
    this.separator = separator;
    this.decimal = decided.decimal;
    this.columns = decided.columns;
    this.firstRow = first[0];
    this.sample = decided.sample;
    this.isMissing = missingReader(options.missing);
    this.#hasHeader = decided.hasHeader;
    const { missing } = options;
    this.#numbers = decided.columns.map(({ decimal, mark }) => numberReader({ decimal, missing, mark }));
    this.#options = options;
    this.#source = source;
    this.#read = read.slice(found);
  }

  /**
   * The columns of these names, in their order.
   *
   * @throws UsageError where the table has none of a name, or several
   */
  named(names: readonly string[]): Column<Kind>[] {
    return columnsNamed(this.name, this.columns, names);
  }

  /** Where a row is, or a cell of it, for a CellError. */
  place(row: TableRow, column?: Pick<Column, 'name'>): CellPlace {
    return { table: this.name, line: row.line, ...(column && { column: column.name }) };
  }

  /**
   * The number in a cell; NaN where it is missing.
   *
   * @throws CellError where the cell has no number, or one beyond `largest`
   */
  numberAt(row: TableRow, column: Pick<Column, 'at' | 'name'>): number {
    const field = row.fields[column.at];
    const value = this.#numbers[column.at](field);
    if (this.columns[column.at].mayGroup && /[.,]/.test(field) && isUnclear(field))
      throw unclear(this.place(row, column), field);
    if (value === undefined || Math.abs(value) > (this.#options.largest ?? Number.MAX_VALUE)) {
      throw this.#notNumber(row, column, value);
    }
    return value;
  }

  /** How the bytes of the file were written, as far as it has been read. */
  encoding(): Encoding {
    return this.#source.encoding();
  }

  /** The part of the file that has been read, from 0 to 1; undefined where its size is unknown. */
  progress(): number | undefined {
    return this.#source.progress();
  }

  /**
   * All rows below the header, in batches. Empty lines are left out; in a table of one column, those between two rows
   * are rows of a missing value. The rows can be read once.
   *
   * @throws CellError for a row that has more or fewer fields than the first one
   */
  async *rows(): AsyncGenerator<readonly TableRow[]> {
    try {
      const width = this.columns.length;
      const read = this.#read;
      this.#read = [];
      let isHeader = this.#hasHeader;
      let hasBegun = false;
      let empty = 0;
      for (let batch = read; ; ) {
        const rows: TableRow[] = [];
        for (const row of batch) {
          if (isEmptyLine(row)) {
            if (hasBegun && width === 1) empty++;
          } else if (isHeader) {
            isHeader = false;
          } else if (row.fields.length !== width) {
            if (rows.length > 0) yield rows;
            throw this.#ragged(row);
          } else {
            hasBegun = true;
            for (; empty > 0; empty--) rows.push({ line: row.line - empty, fields: [''] });
            rows.push(row);
          }
        }
        if (rows.length > 0) yield rows;
        const next = await this.#source.batches.next();
        if (next.done) return;
        batch = next.value;
      }
    } finally {
      await this.close();
    }
  }

  /** Closes the file, if it was not read to its end. */
  async close(): Promise<void> {
    await this.#source.batches.return(undefined);
  }

  #ragged(row: TableRow): CellError {
    return new CellError(
      this.place(row),
      `has ${row.fields.length} fields, expected ${this.columns.length}, as the first row has`,
      'Fix the row, or name the separator.',
    );
  }

  /** `value`: undefined where the cell has no number. */
  #notNumber(row: TableRow, column: Pick<Column, 'at' | 'name'>, value: number | undefined): CellError {
    const { largest = Number.MAX_VALUE, advice = 'Fix it, or choose columns of numbers.' } = this.#options;
    const field = row.fields[column.at];
    const { decimal, mark } = this.columns[column.at];
    const other = decimal === '.' ? ',' : '.';
    const isInfinite = /^[+-]?inf(?:inity)?$/i.test(field);
    const expected = isInfinite
      ? 'a finite number'
      : value !== undefined
        ? `a number up to ±${shown(largest)}`
        : 'a number';
    return new CellError(
      this.place(row, column),
      `has ${JSON.stringify(field.slice(0, SHOWN))}, expected ${expected}`,
      expected !== 'a number'
        ? 'Write the value, or leave the field empty where it is missing.'
        : /^[<>≤≥]/.test(field)
          ? 'It is a limit, not a value: write a number, such as half of it.'
          : mark !== '' && numberReader({ decimal })(field) !== undefined
            ? `The numbers above have ${JSON.stringify(mark)}: write all of the column in the same unit.`
            : numberReader({ decimal: other })(field) !== undefined
              ? `If the decimal mark is '${other}', say so (decimal).`
              : advice,
    );
  }
}

/** Characters of a field that a message shows. */
const SHOWN = 40;

/** 1e100, 1.8e308 */
const shown = (value: number): string => value.toExponential(1).replace('.0e', 'e').replace('+', '');
