/** The last values of a series that grows: all that may still be read, in constant memory. */
import { UsageError } from '@mamba-ts/core/errors';
import { CONTEXT, spanOf } from './model/window.ts';
import type { SeasonOption } from './seasons.ts';
import type { StreamState } from './types.ts';
import { checkObserved } from './values.ts';

/** Twice what is read, so that values are moved to the front seldom. */
const CAPACITY = 2 * (CONTEXT + CONTEXT / 8);

/** The last values of a series, and the number of all of them. */
export class RecentValues {
  private readonly values = new Float64Array(CAPACITY);
  /** Values in `values`, and the place in the series of the first of them. */
  private held = 0;
  private first = 0;

  /** Throws UsageError if the state is damaged. */
  static of(state: StreamState): RecentValues {
    const { version, count, values } = state ?? {};
    const isWhole = Number.isSafeInteger(count) && count >= 0 && values?.length === count - spanOf(count).start;
    if (version !== 1 || !Array.isArray(values) || !isWhole) {
      throw new UsageError('restoreStream', 'this is no state of a stream, expected what save() returned, version 1.');
    }
    const recent = new RecentValues();
    recent.values.set(values.map((x, i) => checkObserved(x, `the state's values[${i}]`)));
    recent.held = values.length;
    recent.first = count - values.length;
    return recent;
  }

  /** Values of the series so far. */
  get count(): number {
    return this.first + this.held;
  }

  /** What the model reads of the series. */
  get window(): Float64Array {
    return this.values.subarray(spanOf(this.count).start - this.first, this.held);
  }

  push(value: number): void {
    if (this.held === CAPACITY) {
      const { start } = spanOf(this.count);
      this.values.copyWithin(0, start - this.first, this.held);
      this.held -= start - this.first;
      this.first = start;
    }
    this.values[this.held++] = value;
  }

  state(season: SeasonOption | undefined): StreamState {
    const values = Array.from(this.window, (x) => (Number.isNaN(x) ? null : x));
    return { version: 1, ...(season !== undefined && { season }), count: this.count, values };
  }
}
