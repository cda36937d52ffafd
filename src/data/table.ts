/**
 * A CSV table as examples: each row one, or all rows that agree in a column.
 *
 *   shape,a,b,c,d        id,x,y,label
 *   up,1,2,3,4           7,0.1,0.2,walk      --sequence id: 7 is one sequence of steps (x, y)
 *   down,4,3,2,1         7,0.2,0.1,walk
 *
 * A row by itself is a sequence of its columns, one number a step; one column of text is the text.
 */
import type { Tokenizer } from '../tokenize/tokenizer.ts';
import { gunzipped } from '../formats/gzip.ts';
import { type CsvRow, csvRows } from './csv.ts';
import { type Example, type ExampleStore, memoryExamples } from './examples.ts';
import { chunksOf } from './files.ts';
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
  /** The classes that there are: other rows have no label. */
  classes?: readonly string[];
  /** Rows may lack label and targets: for predictions. */
  open?: boolean;
}

export async function tableExamples(path: string, options: TableOptions): Promise<ExampleStore> {
  const table = await readTable(path);
  const layout = layoutOf(table, options);
  const { output, sequence, classes = classesOf(table, layout) } = options;
  const { inputs, group } = layout;
  if (output === 'step' && sequence === undefined) {
    throw new Error(
      `data: ${path} has one sequence a row, expected several rows for outputs by step. Name the column that tells sequences apart (--sequence), or leave out --output step.`,
    );
  }
  const key = sequence === undefined ? undefined : columnAt(table, sequence);
  const rowsOf = key === undefined ? table.rows.map((row) => [row]) : runsOf(table.rows, key);
  const isText = key === undefined && inputs.length === 1 && Number.isNaN(Number(table.rows[0].fields[inputs[0]]));
  const examples = rowsOf.map(
    (rows): Example => ({
      sequence: isText ? tokensIn(table, rows[0], inputs[0], options.tokenizer) : numbersIn(table, rows, inputs),
      ...labelsIn(rows, layout, output, classes),
      ...(layout.targets.length > 0 && {
        targets: numbersIn(table, output === 'step' ? rows : rows.slice(-1), layout.targets),
      }),
    }),
  );
  return memoryExamples(examples, {
    name: path,
    features: key === undefined ? 1 : inputs.length,
    classes,
    groups: group === undefined ? undefined : rowsOf.map(([row]) => row.fields[group]),
    titles: rowsOf.map(([row]) => (key === undefined ? `line ${row.line}` : row.fields[key])),
    output,
  });
}

/** Columns by their place; what a prediction can do without is left out where it is not there. */
interface Layout {
  inputs: readonly number[];
  targets: readonly number[];
  label?: number;
  group?: number;
}

function layoutOf(table: Table, { label, targets = [], sequence, group, columns, open = false }: TableOptions): Layout {
  const isThere = (name: string) => !open || table.columns.includes(name);
  const at = (name: string | undefined) => (name !== undefined && isThere(name) ? columnAt(table, name) : undefined);
  const wanted = targets.every(isThere) ? targets : [];
  const layout = { label: at(label), group: at(group), targets: wanted.map((name) => columnAt(table, name)) };
  const special = [label, group, sequence, ...targets];
  const left = table.columns.filter((name) => !special.includes(name));
  const inputs = (columns ?? left).map((name) => columnAt(table, name));
  if (inputs.length > 0) return { ...layout, inputs };
  throw new Error(`data: ${table.path} has no columns left to read, expected at least one.`);
}

function classesOf({ rows }: Table, { label }: Layout): string[] | undefined {
  return label === undefined ? undefined : [...new Set(rows.map(({ fields }) => fields[label]))].sort();
}

function labelsIn(
  rows: readonly CsvRow[],
  { label }: Layout,
  output: TableOptions['output'],
  classes: readonly string[] | undefined,
): Pick<Example, 'label' | 'labels'> {
  if (label === undefined || !classes) return {};
  const labels = Int32Array.from(rows, ({ fields }) => classes.indexOf(fields[label]));
  if (output === 'step') return { labels };
  return labels[0] >= 0 ? { label: labels[0] } : {};
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
      throw new Error(
        `data: ${path}, line ${row.line} has ${row.fields.length} fields, expected ${columns.length}, as the first row has. Mend the row.`,
      );
    }
    rows.push(row);
  }
  if (!columns || rows.length === 0) {
    throw new Error(`data: ${path} has no rows below its first, expected the names of columns, then rows.`);
  }
  return { path, columns, rows };
}

function columnAt({ path, columns }: Table, name: string): number {
  const at = columns.indexOf(name);
  if (at >= 0) return at;
  const known = columns.slice(0, 12).map((one) => JSON.stringify(one));
  throw new Error(`data: ${path} has no column ${JSON.stringify(name)}, expected one of ${known.join(', ')}.`);
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

function numbersIn({ path, columns }: Table, rows: readonly CsvRow[], wanted: readonly number[]): Float32Array {
  const numberIn = ({ fields, line }: CsvRow, column: number) => {
    const value = fields[column] === '' ? Number.NaN : Number(fields[column]);
    if (Number.isFinite(value)) return value;
    throw new Error(
      `data: ${path}, line ${line}, column ${JSON.stringify(columns[column])} has ${JSON.stringify(fields[column].slice(0, 40))}, expected a number. ` +
        'Name the columns to read (--columns), or the one of the label (--label).',
    );
  };
  return Float32Array.from(rows.flatMap((row) => wanted.map((column) => numberIn(row, column))));
}

function tokensIn({ path }: Table, { fields, line }: CsvRow, column: number, tokenizer?: Tokenizer): Int32Array {
  const ids = tokenizer?.encode(fields[column]) ?? [];
  if (ids.length > 0) return Int32Array.from(ids);
  throw new Error(`data: ${path}, line ${line} has no text, expected some. Leave the row out.`);
}
