/**
 * Tables: CSV text to rows, rows to columns of numbers and texts. This folder alone decides what a separator, a header,
 * a missing value, a number and a group is; series, examples and time tables are views of it.
 *
 * @example
 * const table = await openTable('sales.csv.gz');           // or { text }, { bytes }, '-'
 * const [y] = table.named(['y']);
 * for await (const rows of table.rows()) for (const row of rows) console.log(row.line, table.numberAt(row, y));
 *
 * @module
 */
export { type Column, type ColumnOptions, columnsNamed, isEmptyRow, type KindTest, requireUnique } from './columns.ts';
export { csvText } from './csvText.ts';
export { CellError, type CellPlace, type PlaceWords, type Problem } from './errors.ts';
export { alternates, type GroupOptions, groupsOf, keyOf } from './groups.ts';
export { NumberList } from './numberList.ts';
export {
  type DecimalMark,
  MISSING,
  missingReader,
  type NumberFormat,
  type NumberReader,
  numberReader,
} from './numbers.ts';
export type { Separator, TableRow } from './rowSource.ts';
export { openTable, type Table, type TableOptions } from './table.ts';
export type { TableSource } from './tableSource.ts';
