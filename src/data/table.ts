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
  const { label, targets = [], sequence, group, output, open = false } = options;
  const needed = [label, ...targets].filter((name) => name !== undefined);
  const absent = open ? needed.filter((name) => !table.columns.includes(name)) : [];
  const special = [...needed, sequence, group].filter(
    (name) => name !== undefined && !absent.includes(name),
  ) as string[];
  const at = (name: string) => columnAt(table, name);
  for (const name of special) at(name);
  const inputs = (options.columns ?? table.columns.filter((name) => !special.includes(name))).map(at);
  if (inputs.length === 0) throw new Error(`data: ${path} has no columns left to read, expected at least one.`);
  const hasLabel = label !== undefined && !absent.includes(label);
  const classes =
    options.classes ?? (hasLabel ? [...new Set(table.rows.map(({ fields }) => fields[at(label)]))].sort() : undefined);
  const number = (row: CsvRow, column: number) => numberIn(path, row, column, table.columns);
  const classOf = (row: CsvRow) => (hasLabel ? (classes?.indexOf(row.fields[at(label)]) ?? -1) : -1);
  const targetsOf = (rows: readonly CsvRow[]) =>
    targets.length === 0 || absent.some((name) => targets.includes(name))
      ? undefined
      : Float32Array.from(rows.flatMap((row) => targets.map((name) => number(row, at(name)))));
  const isText = (rows: readonly CsvRow[]) => inputs.length === 1 && Number.isNaN(Number(rows[0].fields[inputs[0]]));
  const groups = sequence === undefined ? table.rows.map((row) => [row]) : runsOf(table.rows, at(sequence));
  const text = sequence === undefined && isText(groups[0]);
  if (output === 'step' && sequence === undefined) {
    throw new Error(
      `data: ${path} has one sequence a row, expected several rows for outputs by step. Name the column that tells sequences apart (--sequence), or leave out --output step.`,
    );
  }
  const examples = groups.map((rows): Example => {
    const values = rows.flatMap((row) => inputs.map((column) => (text ? 0 : number(row, column))));
    const found = text
      ? tokensIn(rows[0].fields[inputs[0]], options.tokenizer, path, rows[0].line)
      : Float32Array.from(values);
    const [first, last] = [rows[0], rows[rows.length - 1]];
    const wanted = targetsOf(output === 'step' ? rows : [last]);
    return {
      sequence: found,
      ...(hasLabel && output === 'step' && { labels: Int32Array.from(rows, classOf) }),
      ...(hasLabel && output === 'sequence' && classOf(first) >= 0 && { label: classOf(first) }),
      ...(wanted && { targets: wanted }),
    };
  });
  return memoryExamples(examples, {
    name: path,
    features: text || sequence === undefined ? 1 : inputs.length,
    classes,
    groups: group === undefined ? undefined : groups.map(([row]) => row.fields[at(group)]),
    titles: groups.map(([row]) => (sequence === undefined ? `line ${row.line}` : row.fields[at(sequence)])),
    output,
  });
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

function numberIn(path: string, { fields, line }: CsvRow, column: number, columns: readonly string[]): number {
  const value = fields[column] === '' ? Number.NaN : Number(fields[column]);
  if (Number.isFinite(value)) return value;
  throw new Error(
    `data: ${path}, line ${line}, column ${JSON.stringify(columns[column])} has ${JSON.stringify(fields[column].slice(0, 40))}, expected a number. ` +
      'Name the columns to read (--columns), or the one of the label (--label).',
  );
}

function tokensIn(text: string, tokenizer: Tokenizer | undefined, path: string, line: number): Int32Array {
  const ids = tokenizer?.encode(text) ?? [];
  if (ids.length > 0) return Int32Array.from(ids);
  throw new Error(`data: ${path}, line ${line} has no text, expected some. Leave the row out.`);
}
