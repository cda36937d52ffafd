/**
 * A CSV table as examples: each row one, or all rows that agree in a column.
 *
 *   shape,a,b,c,d        id,x,y,label
 *   up,1,2,3,4           7,0.1,0.2,walk      --sequence id: 7 is one sequence of steps (x, y)
 *   down,4,3,2,1         7,0.2,0.1,walk
 *
 * A row by itself is a sequence of its columns, one number a step; one column of text is the text.
 */
import { UsageError } from '../errors.ts';
import { gunzipped } from '../formats/gzip.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { type CsvRow, csvRows } from './csv.ts';
import { encodePiece } from './encode.ts';
import { classIndex, type Example, type ExampleStore, memoryExamples } from './examples.ts';
import { chunksOf } from './files.ts';
import { MISSING } from './series.ts';
import { decodeUtf8 } from './utf8.ts';

export interface TableOptions {
  /** The column that says the class. */
  label?: string;
  /** The columns of a regression. */
  targets?: readonly string[];
  /** The columns to read: all that are left if not given. */
  columns?: readonly string[];
  /** The column whose values tell sequences apart. */
  sequence?: string;
  /** The column that validation keeps together. */
  group?: string;
  output: 'sequence' | 'step';
  /** For a column of text. */
  tokenizer?: Tokenizer;
  /** Whether the column is text. If not given: whether what is first in it is no number. */
  text?: boolean;
  /** The classes that there are. If not given: all that are found. */
  classes?: readonly string[];
  /** Labels and targets are not read: for predictions. */
  open?: boolean;
}

export interface TableExamples {
  store: ExampleStore;
  /** The columns that were read, by name. */
  columns: readonly string[];
  /** Whether they are one column of text. */
  text: boolean;
}

export async function tableExamples(path: string, options: TableOptions): Promise<TableExamples> {
  const table = await readTable(path);
  const layout = layoutOf(table, options);
  const { output, sequence, classes = classesOf(table, layout) } = options;
  const { inputs, group } = layout;
  if (output === 'step' && sequence === undefined) {
    throw new UsageError(
      'data',
      `${path} has one sequence a row, expected several rows for outputs by step. Name the column that tells sequences apart (--sequence), or leave out --output step.`,
    );
  }
  const key = sequence === undefined ? undefined : columnAt(table, sequence);
  const rowsOf = key === undefined ? table.rows.map((row) => [row]) : runsOf(table.rows, key);
  const text = options.text ?? (key === undefined && holdsText(table, inputs));
  const examples = rowsOf.map(
    (rows): Example => ({
      sequence: text ? tokensIn(table, rows[0], inputs[0], options.tokenizer) : numbersIn(table, rows, inputs),
      ...labelsIn(table, rows, layout, output, classes),
      ...(layout.targets.length > 0 && { targets: targetsIn(table, rows, layout.targets, output) }),
    }),
  );
  const store = memoryExamples(examples, {
    name: path,
    features: key === undefined ? 1 : inputs.length,
    classes,
    groups: group === undefined ? undefined : rowsOf.map(([row]) => row.fields[group]),
    titles: rowsOf.map(([row]) => (key === undefined ? `line ${row.line}` : row.fields[key])),
    output,
  });
  return { store, columns: inputs.map((at) => table.columns[at]), text };
}

function holdsText({ rows }: Table, [column, ...others]: readonly number[]): boolean {
  const first = rows.find(({ fields }) => !isMissing(fields[column]))?.fields[column];
  return others.length === 0 && first !== undefined && Number.isNaN(Number(first));
}

/** Columns by their place. */
interface Layout {
  inputs: readonly number[];
  targets: readonly number[];
  label?: number;
  group?: number;
}

function layoutOf(table: Table, { label, targets = [], sequence, group, columns, open = false }: TableOptions): Layout {
  const at = (name: string | undefined) => (name === undefined || open ? undefined : columnAt(table, name));
  const answers = open ? [] : columnsAt(table, targets);
  const layout = { label: at(label), group: at(group), targets: answers };
  const special = [label, group, sequence, ...targets];
  const left = table.columns.filter((name) => !special.includes(name));
  const inputs = columnsAt(table, columns ?? left);
  if (inputs.length > 0) return { ...layout, inputs };
  throw new UsageError('data', `${table.path} has no columns left to read, expected at least one.`);
}

function classesOf({ path, rows, columns }: Table, { label }: Layout): string[] | undefined {
  if (label === undefined) return undefined;
  const found = [...new Set(rows.map(({ fields }) => fields[label]))].filter((one) => one !== '').sort();
  if (found.length > 0) return found;
  throw new UsageError(
    'data',
    `${path} has nothing in the column ${JSON.stringify(columns[label])}, expected classes.`,
  );
}

/** The class of each step, −1 where the field is empty; or the one that all rows agree in that have any. */
function labelsIn(
  table: Table,
  rows: readonly CsvRow[],
  { label }: Layout,
  output: TableOptions['output'],
  classes: readonly string[] | undefined,
): Pick<Example, 'label' | 'labels'> {
  if (label === undefined || !classes) return {};
  const indexIn = ({ fields, line }: CsvRow) => classIndex(classes, fields[label], `${table.path}, line ${line}`);
  if (output === 'step') return { labels: Int32Array.from(rows, (row) => (row.fields[label] ? indexIn(row) : -1)) };
  const named = rows.filter(({ fields }) => fields[label] !== '');
  const [first = rows[0]] = named;
  const other = named.find(({ fields }) => fields[label] !== first.fields[label]);
  if (other) throw conflict(table, other, label, first.fields[label]);
  return { label: indexIn(first) };
}

/** Those of each step, or the ones that all rows agree in that have any; NaN is missing. */
function targetsIn(
  table: Table,
  rows: readonly CsvRow[],
  wanted: readonly number[],
  output: TableOptions['output'],
): Float32Array {
  const read = (row: CsvRow, column: number) =>
    isMissing(row.fields[column]) ? Number.NaN : numberIn(table, row, column);
  if (output === 'step') return Float32Array.from(rows.flatMap((row) => wanted.map((column) => read(row, column))));
  return Float32Array.from(wanted, (column) => {
    const [first, ...others] = rows.filter(({ fields }) => !isMissing(fields[column]));
    if (!first) return Number.NaN;
    const value = read(first, column);
    const other = others.find((row) => read(row, column) !== value);
    if (other) throw conflict(table, other, column, first.fields[column]);
    return value;
  });
}

function conflict({ path, columns }: Table, { fields, line }: CsvRow, column: number, before: string): Error {
  return new UsageError(
    'data',
    `${path}, line ${line} has ${JSON.stringify(fields[column])} in the column ${JSON.stringify(columns[column])}, ` +
      `expected ${JSON.stringify(before)}, as a row before it in the same sequence has. ` +
      'Mend the row, or give each step its own with --output step.',
  );
}

interface Table {
  path: string;
  columns: readonly string[];
  rows: readonly CsvRow[];
}

async function readTable(path: string): Promise<Table> {
  let columns: readonly string[] | undefined;
  const rows: CsvRow[] = [];
  for await (const row of csvRows(decodeUtf8(gunzipped(chunksOf(path), path), path), path)) {
    if (!columns) {
      columns = row.fields;
      continue;
    }
    if (row.fields.length !== columns.length) {
      throw new UsageError(
        'data',
        `${path}, line ${row.line} has ${row.fields.length} fields, expected ${columns.length}, as the first row has. Mend the row.`,
      );
    }
    rows.push(row);
  }
  if (!columns || rows.length === 0) {
    throw new UsageError('data', `${path} has no rows below its first, expected the names of columns, then rows.`);
  }
  return { path, columns, rows };
}

/** More data is read by name. */
export function requireDifferent(path: string, columns: readonly string[], names: readonly string[]): void {
  const twice = names.find((name) => columns.indexOf(name) !== columns.lastIndexOf(name));
  if (twice === undefined) return;
  throw new UsageError(
    'data',
    `${path} has several columns ${JSON.stringify(twice)}, expected names that differ. Rename them.`,
  );
}

const columnAt = (table: Table, name: string): number => columnsAt(table, [name])[0];

function columnsAt({ path, columns }: Table, names: readonly string[]): number[] {
  requireDifferent(path, columns, names);
  const lacking = names.filter((name) => !columns.includes(name));
  if (lacking.length === 0) return names.map((name) => columns.indexOf(name));
  const quoted = (list: readonly string[]) => list.slice(0, 12).map((one) => JSON.stringify(one));
  throw new UsageError(
    'data',
    `${path} has no column ${quoted(lacking).join(' or ')}, expected one of ${quoted(columns).join(', ')}.`,
  );
}

/** Rows by their value in a column, each in the order of the file. */
function runsOf(rows: readonly CsvRow[], column: number): CsvRow[][] {
  const runs = new Map<string, CsvRow[]>();
  for (const row of rows) {
    const run = runs.get(row.fields[column]);
    if (run) run.push(row);
    else runs.set(row.fields[column], [row]);
  }
  return [...runs.values()];
}

const isMissing = (field: string) => MISSING.includes(field.toLowerCase());

function numbersIn(table: Table, rows: readonly CsvRow[], wanted: readonly number[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => wanted.map((column) => numberIn(table, row, column))));
}

function numberIn({ path, columns }: Table, { fields, line }: CsvRow, column: number): number {
  const value = fields[column] === '' ? Number.NaN : Number(fields[column]);
  if (Number.isFinite(value)) return value;
  const where = `data: ${path}, line ${line}, column ${JSON.stringify(columns[column])}`;
  const got = JSON.stringify(fields[column].slice(0, 40));
  if (isMissing(fields[column])) {
    throw new UsageError(
      '',
      `${where} has ${got}, a missing value, expected a number: only targets may lack. ` +
        'Fill it in, or leave out the row or the column (--columns).',
    );
  }
  throw new UsageError(
    '',
    `${where} has ${got}, expected a number. Name the columns to read (--columns), or the one of the label (--label).`,
  );
}

function tokensIn({ path }: Table, { fields, line }: CsvRow, column: number, tokenizer?: Tokenizer): Int32Array {
  const where = `${path}, line ${line}`;
  const ids = tokenizer ? encodePiece(tokenizer, fields[column], where) : [];
  if (ids.length > 0) return Int32Array.from(ids);
  throw new UsageError('data', `${where} has no text, expected some. Leave the row out.`);
}
