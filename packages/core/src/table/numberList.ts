/**
 * A list of numbers of unknown length, eight bytes each.
 *
 * @example
 * const list = new NumberList();
 * list.push(1.5);
 * list.values;    // Float64Array [1.5]
 */
export class NumberList {
  #values = new Float64Array(16);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  /** All of them, not copied: a view that the next `push` may leave behind. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}
