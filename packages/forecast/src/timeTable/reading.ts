/** A table's rows as they arrive: its first ones to look at, then all, checked and read as numbers and times. */

import {
  type CsvRow,
  chunksOf,
  chunksOfText,
  csvRows,
  decodeUtf8,
  factsOf,
  nameOf,
  type Separator,
  standardInput,
} from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';
import { gunzipped } from '@mamba-ts/core/formats';
import type { TableSource } from './types.ts';

/** Rows that are looked at before the table is read. */
const FIRST = 1000;

export interface Reading {
  readonly name: string;
  readonly separator: Separator;
  readonly first: readonly CsvRow[];
  /** The part of the file that has been read, 0 to 1; undefined where its size is not known. */
  progress(): number | undefined;
  /** Those of `first` and all that follow. */
  rows(): AsyncGenerator<CsvRow>;
  /** Closes the file, if it was not read to its end. */
  close(): Promise<void>;
}

export async function openRows(source: TableSource, separator: Separator | undefined): Promise<Reading> {
  const name = typeof source === 'string' ? nameOf(source) : (source.name ?? 'the table');
  const found: { separator: Separator } = { separator: separator ?? ',' };
  const size = typeof source === 'string' && source !== '-' ? (await factsOf(source)).size : undefined;
  let read = 0;
  const text = textOf(source, name, (bytes) => {
    read += bytes;
  });
  const iterator = csvRows(text, name, separator, (one) => {
    found.separator = one;
  });
  const first: CsvRow[] = [];
  while (first.length < FIRST) {
    const { done, value } = await iterator.next();
    if (done) break;
    first.push(value);
  }
  if (first.length === 0) {
    throw new UsageError(
      'data',
      `${name} is empty, expected rows of times and values. Check that it is the right file.`,
    );
  }
  return {
    name,
    separator: found.separator,
    first,
    close: async () => void (await iterator.return(undefined)),
    progress: () => (size === undefined ? undefined : Math.min(1, read / Math.max(1, size))),
    async *rows() {
      try {
        yield* first;
        yield* iterator;
      } finally {
        await iterator.return(undefined);
      }
    },
  };
}

function textOf(source: TableSource, name: string, onBytes: (count: number) => void): AsyncIterable<string> {
  if (typeof source !== 'string' && 'text' in source) return chunksOfText(source.text);
  const bytes = typeof source !== 'string' ? source.bytes : source === '-' ? standardInput() : chunksOf(source);
  return decodeUtf8(gunzipped(counted(bytes, onBytes), name), name);
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

export function raggedRow(name: string, { line, fields }: CsvRow, width: number): Error {
  return new UsageError(
    'data',
    `${name}, line ${line} has ${fields.length} fields, expected ${width}, as the first row has. ` +
      'Mend the row, or name the separator.',
  );
}
