/** Rows of text fields, of a file of any format: CSV (csv.ts) or JSON (json.ts). */
import type { Encoding } from './decodeText.ts';

/** What stands between two fields of CSV. */
export type Separator = ',' | ';' | '\t' | '|';

/** A row as it is written. */
export interface TableRow {
  /** The line of the file on which the row ends. The first is 1. */
  readonly line: number;
  /** Without quotes, and without the spaces around them. An empty line has one empty field. */
  readonly fields: readonly string[];
}

/** The rows of an open file. */
export interface RowSource {
  /** What messages call it. */
  readonly name: string;
  readonly separator: Separator;
  /** The rows in the order of the file, empty lines too, many in one array. They can be read once. */
  readonly batches: AsyncGenerator<readonly TableRow[]>;
  /** How the bytes of a file were written, as far as it has been read. */
  encoding(): Encoding;
  /** The part of the file that has been read, from 0 to 1; undefined where its size is unknown. */
  progress(): number | undefined;
}
