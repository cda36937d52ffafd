/** Tables of series, and the options of their reading. */
import type { DecimalMark, Separator, TableSource } from '@mamba-ts/core/table';
import type { TimeAxis } from './axis.ts';
import type { Frequency } from './frequency.ts';

/** How several values of one step become one. */
export type Aggregation = 'mean' | 'sum' | 'first' | 'last';

/** How a table is read. What is not given is found in its first 1000 rows. */
export interface TimeTableOptions {
  /** The column of times; 'none': rows are a step apart. Default: found. */
  time?: string;
  /** The columns to forecast. Default: found. */
  value?: readonly string[];
  /** The columns that together tell series apart. Default: found. */
  id?: readonly string[];
  /** Columns that are known ahead: in rows at the end without a value, or in `future`. Default: those of `future`. */
  known?: readonly string[];
  /** Columns that are known only in the past. Default: none. */
  past?: readonly string[];
  /** A table of what is known ahead, with the same names of columns. Default: none. */
  future?: TableSource;
  /** '15min', 'daily', 'MS': a row then belongs to the step in which it is. Default: found. */
  frequency?: string;
  /** How rows of the same series and step are combined. Default: they are refused. */
  duplicates?: Aggregation;
  /** The order of day and month in 03/04/2024. Default: the one that the column shows; refused where it shows none. */
  dates?: 'dmy' | 'mdy';
  /** Whether the first row has the names of the columns. Default: found. */
  header?: boolean;
  /** What stands between fields. Default: found. */
  separator?: Separator;
  /** The decimal mark. Default: the one that the first rows show; refused where they show none. */
  decimal?: DecimalMark;
  /** What stands for a missing value, in upper or lower case. Default: '', 'NA', 'N/A', 'NaN', 'null' and '?'. */
  missing?: readonly string[];
  /** Whether rows of different series alternate, so that all series are held in memory. Default: whether the first rows do. */
  interleaved?: boolean;
}

/** The columns of a table by their use, by name. */
export interface TableLayout {
  /** What messages call the table. */
  readonly name: string;
  /** Several series in rows below each other, by id; several in columns next to each other; or one. */
  readonly shape: 'long' | 'wide' | 'single';
  readonly time?: string;
  /** The form of the times: 'dates', 'epoch seconds'. */
  readonly timeFormat?: string;
  readonly ids: readonly string[];
  readonly values: readonly string[];
  readonly known: readonly string[];
  readonly past: readonly string[];
  /** Whether a header names the columns. */
  readonly isNamed: boolean;
  /** Rows above the names of the columns, such as a title, that are left out. */
  readonly preamble: number;
  /** Columns that are not read. */
  readonly ignored: readonly string[];
}

/** What was done to a series while it was read. */
export interface SeriesFacts {
  /** The number of steps that have a value. */
  readonly rows: number;
  /** The number of steps without a value, between the first and the last. */
  readonly missing: number;
  /** Steps of the longest gap. */
  readonly longestGap: number;
  /** The time at which it begins; '' where there is none. */
  readonly longestGapAt: string;
  /** The number of rows that came after a later one. */
  readonly unsorted: number;
  /** The number of rows that were combined with others of their step. */
  readonly combined: number;
  /** Times of the first and the last step that were left out, as the rows of a sum cover a part of them only. */
  readonly partial: readonly string[];
  /** Hours that a local clock showed twice; their rows were averaged. */
  readonly doubledHours: number;
  /** Hours that a local clock skipped. */
  readonly skippedHours: number;
  /** The number of steps at the end without a value: the future. */
  readonly future: number;
}

/** Numbers, NaN where one is missing; or texts, null where one is missing. */
export type CovariateColumn = Float64Array | readonly (string | null)[];

/** One series of a table. */
export interface TableSeries {
  /** The id, or the name of the column; parts of an id are joined by '/'. */
  readonly id: string;
  /** A value for each step from the first value to the last, NaN where one is missing. */
  readonly values: Float64Array;
  /** The times of the steps; step 0 is that of `values[0]`. */
  readonly axis: TimeAxis;
  /** Columns that are known only in the past, as long as `values`. */
  readonly past: Readonly<Record<string, CovariateColumn>>;
  /** Columns that are known ahead, at least `ahead` steps longer than `values`. */
  readonly known: Readonly<Record<string, CovariateColumn>>;
  /** The number of steps after the end for which all known columns have values. */
  readonly ahead: number;
  /** Steps of the seasons that the calendar gives this frequency; empty where it gives none. */
  readonly seasons: readonly number[];
  readonly facts: SeriesFacts;
}

/** An open table of series. */
export interface TimeTable {
  readonly layout: TableLayout;
  /** The first series, to look at before the others are read. `series()` gives it, too. */
  readonly first: TableSeries;
  /** The frequency of the first series; others may differ: `series.axis.frequency`. */
  readonly frequency: Frequency;
  /** The ids of the series without any value, as far as the table has been read. */
  readonly skipped: readonly string[];
  /** The number of rows of totals that were left out, as far as the table has been read. */
  readonly totals: number;
  /** How the bytes of the file were written, as far as it has been read. */
  encoding(): 'UTF-8' | 'UTF-16' | 'Windows-1252';
  /** The part of the file that has been read, from 0 to 1; undefined where its size is unknown. */
  progress(): number | undefined;
  /** The series in the order of the file. They can be read once. */
  series(): AsyncIterable<TableSeries>;
}
