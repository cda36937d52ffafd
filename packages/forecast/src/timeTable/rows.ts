/** The rows of one series as they are read: typed arrays that grow. */

class Column {
  values = new Float64Array(16);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.values.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.#length++] = value;
  }

  get all(): Float64Array {
    return this.values.subarray(0, this.#length);
  }
}

export class Rows {
  readonly id: string;
  length = 0;
  readonly #lines = new Column();
  readonly #times = new Column();
  readonly #offsets = new Column();
  readonly #columns: readonly Column[];

  constructor(id: string, columns: number) {
    this.id = id;
    this.#columns = Array.from({ length: columns }, () => new Column());
  }

  /** `time` and its `offset` in minutes, NaN where it has none. */
  push(line: number, time: number, offset: number, values: readonly number[]): void {
    this.length++;
    this.#lines.push(line);
    this.#times.push(time);
    // Most tables have none: then the column stays as small as it begins.
    if (!Number.isNaN(offset)) this.#offsets.push(offset);
    for (let i = 0; i < values.length; i++) this.#columns[i].push(values[i]);
  }

  /** Where rows end in the file. */
  get lines(): Float64Array {
    return this.#lines.all;
  }

  get times(): Float64Array {
    return this.#times.all;
  }

  /** One for each row, or none. */
  get offsets(): Float64Array | undefined {
    return this.#offsets.all.length === this.length && this.length > 0 ? this.#offsets.all : undefined;
  }

  column(i: number): Float64Array {
    return this.#columns[i].all;
  }
}
