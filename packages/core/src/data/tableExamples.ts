/**
 * A table as examples: each row one, or all rows that agree in a column.
 *
 *   shape,a,b,c,d        id,x,y,label
 *   up,1,2,3,4           7,0.1,0.2,walk      --sequence id: 7 is one sequence of steps (x, y)
 *   down,4,3,2,1         7,0.2,0.1,walk
 *
 * A row by itself is a sequence of its columns, one number a step; one column of text is the text.
 */
import { UsageError } from '../errors.ts';
import { CellError, type Column, groupsOf, isEmptyRow, openTable, type Table, type TableRow } from '../table/index.ts';
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { encodePiece } from './encode.ts';
import { classIndex, type Example, type ExampleStore, memoryExamples } from './examples.ts';

export interface TableExampleOptions {
  /** The column of the class. */
  label?: string;
  /** The columns of a regression. Default: none. */
  targets?: readonly string[];
  /** The columns to read. Default: all that are left. */
  columns?: readonly string[];
  /** The column whose values tell sequences apart. Default: each row is a sequence. */
  sequence?: string;
  /** The column that validation keeps together. */
  group?: string;
  output: 'sequence' | 'step';
  /** For a column of text. */
  tokenizer?: Tokenizer;
  /** Whether the column is text. Default: whether its first fields are. */
  text?: boolean;
  /** Default: the classes that are found. */
  classes?: readonly string[];
  /** Labels and targets are not read: for predictions. Default: false. */
  open?: boolean;
}

export interface TableExamples {
  store: ExampleStore;
  /** The columns that were read, by name. */
  columns: readonly string[];
  /** Whether they are one column of text. */
  text: boolean;
}

/** The largest number of a Float32Array. */
const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

export async function tableExamples(path: string, options: TableExampleOptions): Promise<TableExamples> {
  const table = await openTable(path, {
    header: true,
    largest: LARGEST_FLOAT32,
    advice: 'Name the columns to read (--columns), or the one of the label (--label).',
  });
  try {
    return await examplesIn(table, options);
  } finally {
    await table.close();
  }
}

async function examplesIn(table: Table, options: TableExampleOptions): Promise<TableExamples> {
  const { output, sequence, tokenizer } = options;
  if (table.sample.length === 0) {
    throw new UsageError(
      'data',
      `${table.name} has no rows below its first, expected the names of columns, then rows.`,
    );
  }
  const columns = chosen(table, options);
  const { inputs, group } = columns;
  if (output === 'step' && sequence === undefined) {
    throw new UsageError(
      'data',
      `${table.name} has one sequence a row, expected several rows for outputs by step. ` +
        'Name the column that tells sequences apart (--sequence), or leave out --output step.',
    );
  }
  const key = sequence === undefined ? undefined : table.named([sequence])[0];
  const sequences = await sequencesIn(table, key);
  const classes = options.classes ?? classesOf(table, sequences, columns);
  const text = options.text ?? (key === undefined && inputs.length === 1 && inputs[0].kind === 'text');
  const examples = sequences.map(
    (rows): Example => ({
      sequence: text ? tokensIn(table, rows[0], inputs[0], tokenizer) : numbersIn(table, rows, inputs),
      ...labelsIn(table, rows, columns, output, classes),
      ...(columns.targets.length > 0 && { targets: targetsIn(table, rows, columns.targets, output) }),
    }),
  );
  const store = memoryExamples(examples, {
    name: table.name,
    features: key === undefined ? 1 : inputs.length,
    classes,
    groups: group && sequences.map(([row]) => row.fields[group.at]),
    titles: sequences.map(([row]) => (key === undefined ? `line ${row.line}` : row.fields[key.at])),
    output,
  });
  return { store, columns: inputs.map(({ name }) => name), text };
}

/** The columns by their use. */
interface Chosen {
  inputs: readonly Column[];
  targets: readonly Column[];
  label?: Column;
  group?: Column;
}

function chosen(
  table: Table,
  { label, targets = [], sequence, group, columns, open = false }: TableExampleOptions,
): Chosen {
  const one = (name: string | undefined) => (name === undefined || open ? undefined : table.named([name])[0]);
  const found = { label: one(label), group: one(group), targets: open ? [] : table.named(targets) };
  const special = [label, group, sequence, ...targets];
  const left = table.columns.map(({ name }) => name).filter((name) => !special.includes(name));
  const inputs = table.named(columns ?? left);
  if (inputs.length > 0) return { ...found, inputs };
  throw new UsageError('data', `${table.name} has no columns left to read, expected at least one.`);
}

/** The rows of each sequence, in the order of the file. Rows of nothing are left out. */
async function sequencesIn(table: Table, key: Column | undefined): Promise<TableRow[][]> {
  const sequences: TableRow[][] = [];
  if (!key) {
    for await (const rows of filled(table)) for (const row of rows) sequences.push([row]);
    return sequences;
  }
  const groups = groupsOf<TableRow[]>(filled(table), {
    columns: [key],
    table: table.name,
    what: 'sequence',
    isInterleaved: true,
    advice: { unnamed: 'Fill it in, or leave the row out.', scattered: '' },
    open: () => [],
    add: (rows, row) => rows.push(row),
  });
  for await (const rows of groups) sequences.push(rows);
  return sequences;
}

async function* filled(table: Table): AsyncGenerator<readonly TableRow[]> {
  for await (const rows of table.rows()) yield rows.filter((row) => !isEmptyRow(row));
}

function classesOf(table: Table, sequences: readonly TableRow[][], { label }: Chosen): string[] | undefined {
  if (label === undefined) return undefined;
  const names = sequences.flatMap((rows) => rows.map(({ fields }) => fields[label.at]));
  const found = [...new Set(names)].filter((name) => name !== '').sort();
  if (found.length > 0) return found;
  throw new UsageError(
    'data',
    `${table.name} has nothing in the column ${JSON.stringify(label.name)}, expected classes.`,
  );
}

/** The class of each step, −1 where the field is empty; or the one that all rows agree in that have any. */
function labelsIn(
  table: Table,
  rows: readonly TableRow[],
  { label }: Chosen,
  output: TableExampleOptions['output'],
  classes: readonly string[] | undefined,
): Pick<Example, 'label' | 'labels'> {
  if (label === undefined || !classes) return {};
  const { at } = label;
  const indexIn = ({ fields, line }: TableRow) => classIndex(classes, fields[at], `${table.name}, line ${line}`);
  if (output === 'step') return { labels: Int32Array.from(rows, (row) => (row.fields[at] ? indexIn(row) : -1)) };
  const named = rows.filter(({ fields }) => fields[at] !== '');
  const [first = rows[0]] = named;
  const other = named.find(({ fields }) => fields[at] !== first.fields[at]);
  if (other) throw conflict(table, other, label, first);
  return { label: indexIn(first) };
}

/** Those of each step, or the ones that all rows agree in that have any; NaN is missing. */
function targetsIn(
  table: Table,
  rows: readonly TableRow[],
  columns: readonly Column[],
  output: TableExampleOptions['output'],
): Float32Array {
  if (output === 'step') {
    return Float32Array.from(rows.flatMap((row) => columns.map((column) => table.numberAt(row, column))));
  }
  return Float32Array.from(columns, (column) => {
    const [first, ...others] = rows.filter(({ fields }) => !table.isMissing(fields[column.at]));
    if (!first) return Number.NaN;
    const value = table.numberAt(first, column);
    const other = others.find((row) => table.numberAt(row, column) !== value);
    if (other) throw conflict(table, other, column, first);
    return value;
  });
}

function conflict(table: Table, row: TableRow, column: Column, before: TableRow): CellError {
  const text = ({ fields }: TableRow) => JSON.stringify(fields[column.at]);
  return new CellError(
    table.place(row, column),
    (line) => `has ${text(row)}, expected ${text(before)}, as ${line(before.line)} of the same sequence has`,
    'Fix the row, or give each step its own with --output step.',
  );
}

function numbersIn(table: Table, rows: readonly TableRow[], columns: readonly Column[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => columns.map((column) => presentAt(table, row, column))));
}

function presentAt(table: Table, row: TableRow, column: Column): number {
  const value = table.numberAt(row, column);
  if (!Number.isNaN(value)) return value;
  throw new CellError(
    table.place(row, column),
    `has ${JSON.stringify(row.fields[column.at])}, a missing value, expected a number: only targets may be missing`,
    'Fill it in, or leave out the row or the column (--columns).',
  );
}

function tokensIn(table: Table, row: TableRow, column: Column, tokenizer?: Tokenizer): Int32Array {
  const ids = tokenizer ? encodePiece(tokenizer, row.fields[column.at], `${table.name}, line ${row.line}`) : [];
  if (ids.length > 0) return Int32Array.from(ids);
  throw new CellError(table.place(row, column), 'has no text, expected some', 'Leave the row out.');
}
