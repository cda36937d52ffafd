/** The rows of one series as they are read: line, time and numbers. */
import { NumberList } from '@mamba-ts/core/table';

/**
 * Rows of numbers with their times, in the order in which they were read.
 *
 * @example
 * const rows = new Rows('store 1', 1);
 * rows.push(2, Date.UTC(2024, 0, 1), Number.NaN, [17.5]);
 */
export class Rows {
  /** The name of the series. */
  readonly id: string;
  /** Equal for equal fields of the columns of the id alone. */
  readonly key: string;
  readonly #lines = new NumberList();
  readonly #times = new NumberList();
  readonly #offsets = new NumberList();
  readonly #columns: readonly NumberList[];

  /** `columns`: the number of values of a row. */
  constructor(id: string, columns: number, key = id) {
    this.id = id;
    this.key = key;
    this.#columns = Array.from({ length: columns }, () => new NumberList());
  }

  get length(): number {
    return this.#lines.length;
  }

  /**
   * @param line where messages say that the row is
   * @param time milliseconds of the wall clock, or the number of an index; NaN where rows have no times
   * @param offset minutes east of Greenwich; NaN where the time has none
   * @param values one for each column, NaN where one is missing
   */
  push(line: number, time: number, offset: number, values: readonly number[]): void {
    this.#lines.push(line);
    this.#times.push(time);
    // Most tables have none: the list then stays as small as it begins.
    if (!Number.isNaN(offset)) this.#offsets.push(offset);
    for (let i = 0; i < values.length; i++) this.#columns[i].push(values[i]);
  }

  get lines(): Float64Array {
    return this.#lines.values;
  }

  get times(): Float64Array {
    return this.#times.values;
  }

  /** One for each row; undefined where a row has none. */
  get offsets(): Float64Array | undefined {
    return this.length > 0 && this.#offsets.length === this.length ? this.#offsets.values : undefined;
  }

  /** The values of a column, from 0. */
  column(i: number): Float64Array {
    return this.#columns[i].values;
  }
}
