/** A table's rows as they arrive: its first ones to look at, then all, checked and read as numbers and times. */
import { gunzipped } from '../../formats/gzip.ts';
import { type CsvRow, csvRows, type Separator } from '../csv.ts';
import { chunksOf } from '../files.ts';
import { chunksOfText } from '../pieces.ts';
import { nameOf, standardInput } from '../source.ts';
import { decodeUtf8 } from '../utf8.ts';
import type { TableSource } from './types.ts';

/** Rows that are looked at before the table is read. */
const FIRST = 1000;

export interface Reading {
  readonly name: string;
  readonly separator: Separator;
  readonly first: readonly CsvRow[];
  /** Those of `first` and all that follow. */
  rows(): AsyncGenerator<CsvRow>;
  close(): Promise<void>;
}

export async function openRows(source: TableSource, separator: Separator | undefined): Promise<Reading> {
  const name = typeof source === 'string' ? nameOf(source) : (source.name ?? 'the table');
  const found: { separator: Separator } = { separator: separator ?? ',' };
  const iterator = csvRows(textOf(source, name), name, separator, (one) => {
    found.separator = one;
  });
  const first: CsvRow[] = [];
  while (first.length < FIRST) {
    const { done, value } = await iterator.next();
    if (done) break;
    first.push(value);
  }
  if (first.length === 0) {
    throw new Error(`data: ${name} is empty, expected rows of times and values. Check that it is the right file.`);
  }
  return {
    name,
    separator: found.separator,
    first,
    async *rows() {
      try {
        yield* first;
        yield* iterator;
      } finally {
        await iterator.return(undefined);
      }
    },
    close: async () => void (await iterator.return(undefined)),
  };
}

function textOf(source: TableSource, name: string): AsyncIterable<string> {
  if (typeof source === 'string') {
    return decodeUtf8(gunzipped(source === '-' ? standardInput() : chunksOf(source), name), name);
  }
  return 'text' in source ? chunksOfText(source.text) : decodeUtf8(gunzipped(source.bytes, name), name);
}

export function raggedRow(name: string, { line, fields }: CsvRow, width: number): Error {
  return new Error(
    `data: ${name}, line ${line} has ${fields.length} fields, expected ${width}, as the first row has. ` +
      'Mend the row, or name the separator.',
  );
}
