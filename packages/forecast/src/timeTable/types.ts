/** What a table of series is, and how to say what it can't say itself. */

import type { Separator } from '@mamba-ts/core/data';
import type { TimeAxis } from './axis.ts';
import type { Frequency } from './frequency.ts';

/** A path (Node; plain or gzip), '-' for the standard input, a text, or bytes as they arrive. */
export type TableSource =
  | string
  | { readonly text: string; readonly name?: string }
  | { readonly bytes: AsyncIterable<Uint8Array>; readonly name?: string };

export type Combine = 'mean' | 'sum' | 'first' | 'last';

export interface TimeTableOptions {
  /** The column of times. If not given: found. 'none': rows are a step apart. */
  time?: string;
  /** The columns to forecast. If not given: found. */
  value?: readonly string[];
  /** The columns that together tell series apart. If not given: found. */
  id?: readonly string[];
  /** Columns that are known ahead: in rows at the end whose value is empty, or in `future`. */
  known?: readonly string[];
  /** Columns that are known in the past alone. */
  past?: readonly string[];
  /** A table of what is known ahead, with the same names of columns. */
  future?: TableSource;
  /** '15min', 'daily', 'MS'. If not given: found. Given, a row belongs to the step that it falls in. */
  frequency?: string;
  /** What to do with rows of the same series and step. If not given, they are refused. */
  duplicates?: Combine;
  /** How 03/04/2024 is read, where the column does not show it. */
  dates?: 'dmy' | 'mdy';
  /** Whether the first row has names. If not given: found. */
  header?: boolean;
  separator?: Separator;
  /** If not given: found. */
  decimal?: '.' | ',';
  /** Whether rows of different series alternate. If not given: whether the first rows do. */
  interleaved?: boolean;
}

/** What was understood: names of columns. */
export interface TableLayout {
  readonly name: string;
  /** Series in rows below each other, by id; beside each other; or one. */
  readonly shape: 'long' | 'wide' | 'single';
  readonly time?: string;
  /** What the times look like: 'dates', 'epoch seconds'. */
  readonly timeFormat?: string;
  readonly ids: readonly string[];
  readonly values: readonly string[];
  readonly known: readonly string[];
  readonly past: readonly string[];
  /** Whether a header names the columns. */
  readonly isNamed: boolean;
  /** Columns that are not read. */
  readonly ignored: readonly string[];
}

/** What had to be done to a series. */
export interface SeriesFacts {
  /** Rows that have a value. */
  readonly rows: number;
  /** Steps without a value. */
  readonly missing: number;
  /** The longest run of them, and the time it begins at. */
  readonly longestGap: number;
  readonly longestGapAt: string;
  /** Rows that came after a later one. */
  readonly unsorted: number;
  /** Rows that were combined with others of their step. */
  readonly combined: number;
  /** Hours that a local clock showed twice; their rows were averaged. */
  readonly doubledHours: number;
  /** Hours that a local clock passed over. */
  readonly skippedHours: number;
  /** Rows at the end without a value: the future. */
  readonly future: number;
}

/** Numbers, NaN where one is missing, or the names of kinds. */
export type CovariateColumn = Float64Array | readonly (string | null)[];

/** One series of a table: its values a step apart, NaN where one is missing. */
export interface TableSeries {
  /** The id, or the name of the column; parts of an id are joined by '/'. */
  readonly id: string;
  readonly values: Float64Array;
  readonly axis: TimeAxis;
  /** As long as the series. */
  readonly past: Readonly<Record<string, CovariateColumn>>;
  /** As long as the series, and as far ahead as the table goes: see `ahead`. */
  readonly known: Readonly<Record<string, CovariateColumn>>;
  /** Steps after the end for which the known columns have values. */
  readonly ahead: number;
  /** Steps of its seasons, as the calendar has them; empty where it says nothing. */
  readonly seasons: readonly number[];
  readonly facts: SeriesFacts;
}

export interface TimeTable {
  readonly layout: TableLayout;
  /** To look at before the others are read; `series()` gives it, too. */
  readonly first: TableSeries;
  /** That of the first series; others may have their own: `series.axis.frequency`. */
  readonly frequency: Frequency;
  /** Series that have no value at all, as far as they have been read. */
  readonly skipped: readonly string[];
  /** The part of the file that has been read, 0 to 1; undefined where its size is not known. */
  progress(): number | undefined;
  /** In the order of the file. They can be read once. */
  series(): AsyncIterable<TableSeries>;
}
