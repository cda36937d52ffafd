/**
 * JSON as a table: its records are rows, and the names of their values those of the columns.
 *
 *   [{"t": "2024-01-01", "y": 1}, …]      {"t": […], "y": […]}      {"data": […]}      a record in each line (NDJSON)
 */
import { UsageError } from '../errors.ts';
import { linesOf } from '../input/decodeUtf8.ts';
import { CellError } from './errors.ts';
import type { RowSource, TableRow } from './rowSource.ts';

/** Characters of a JSON text; lines of records have no limit. */
const LONGEST = 2 ** 28;
const ROWS_PER_BATCH = 1000;

type JsonRecord = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a text begins as JSON does: as a list, or an object with a name. */
export const beginsJson = (text: string): boolean => /^\s*(?:\[\s*[[{\]]|\{\s*["}])/.test(text);

/** Reads a text that begins as JSON. `line` of a row is the number of its record, or its line. */
export async function openJson(
  text: AsyncIterable<string>,
  name: string,
): Promise<Pick<RowSource, 'separator' | 'batches'>> {
  const lines = linesOf(text);
  const first = await lines.next();
  const begin = first.done ? '' : first.value.line;
  const record = parsed(begin);
  // A first line that is a record by itself, with another line below it, is one of many.
  const second = await lines.next();
  const isLines = isRecord(record) && !second.done && !Object.values(record).every(Array.isArray);
  async function* rest(): AsyncGenerator<{ line: string; number: number }> {
    if (!second.done) yield second.value;
    yield* lines;
  }
  if (isLines) return { separator: ',', batches: rowsOfLines(record, rest(), name) };
  const parts = [begin];
  let length = begin.length;
  for await (const { line } of rest()) {
    parts.push(line);
    length += line.length + 1;
    if (length > LONGEST) {
      throw new UsageError(
        'data',
        `${name} is JSON of more than ${LONGEST} characters, expected fewer. Write a record in each line (NDJSON).`,
      );
    }
  }
  return { separator: ',', batches: rowsOf(recordsIn(parts.join('\n'), name), name) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function recordsIn(text: string, name: string): readonly JsonRecord[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError('data', `${name} is not JSON: ${(error as Error).message}. Fix it, or give CSV.`);
  }
  const lists = isRecord(value) ? Object.values(value).filter(Array.isArray) : [];
  if (isRecord(value) && lists.length === 1 && lists[0].every(isRecord)) value = lists[0];
  if (Array.isArray(value) && value.length > 0 && value.every(isRecord)) return value;
  if (isRecord(value) && lists.length > 1 && lists.length === Object.keys(value).length) {
    const columns = Object.entries(value as Record<string, unknown[]>);
    const count = Math.max(...columns.map(([, list]) => list.length));
    const short = columns.find(([, list]) => list.length !== count);
    if (short) {
      throw new UsageError(
        'data',
        `${name} has ${short[1].length} values of ${JSON.stringify(short[0])} and ${count} of another, expected as many. Fix it.`,
      );
    }
    return Array.from({ length: count }, (_, i) => Object.fromEntries(columns.map(([key, list]) => [key, list[i]])));
  }
  throw new UsageError(
    'data',
    `${name} is JSON, but no table, expected [{"time": "2024-01-01", "value": 1}, …], {"time": […], "value": […]} or a record in each line.`,
  );
}

async function* rowsOf(records: readonly JsonRecord[], name: string): AsyncGenerator<readonly TableRow[]> {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  yield [{ line: 0, fields: names }];
  for (let from = 0; from < records.length; from += ROWS_PER_BATCH) {
    yield records.slice(from, from + ROWS_PER_BATCH).map((record, i) => rowOf(record, names, from + i + 1, name));
  }
}

async function* rowsOfLines(
  first: JsonRecord,
  rest: AsyncIterable<{ line: string; number: number }>,
  name: string,
): AsyncGenerator<readonly TableRow[]> {
  const names = Object.keys(first);
  let batch: TableRow[] = [{ line: 0, fields: names }, rowOf(first, names, 1, name)];
  for await (const { line, number } of rest) {
    if (line.trim() === '') continue;
    const record = parsed(line);
    if (!isRecord(record)) {
      throw new CellError(
        { table: name, line: number },
        'is no JSON object, expected a record as the first line has',
        'Fix it.',
      );
    }
    batch.push(rowOf(record, names, number, name));
    if (batch.length < ROWS_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function rowOf(record: JsonRecord, names: readonly string[], line: number, name: string): TableRow {
  const unknown = Object.keys(record).find((key) => !names.includes(key));
  if (unknown !== undefined) {
    throw new CellError(
      { table: name, line },
      `has a value ${JSON.stringify(unknown)}, which the first record has not`,
      'Give all records the same names, with null where a value is missing.',
    );
  }
  return { line, fields: names.map((key) => fieldOf(record[key], { table: name, line, column: key })) };
}

function fieldOf(value: unknown, place: { table: string; line: number; column: string }): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') {
    throw new CellError(place, 'has a list or an object, expected a number or a text', 'Flatten the records.');
  }
  return String(value).trim();
}
