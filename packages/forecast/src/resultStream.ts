/** Results that can be iterated over as they are computed, or awaited together. */
import { UsageError } from '@mamba-ts/core/errors';

/**
 * The results of many series, computed as they are read.
 *
 * @example
 * for await (const { series, forecast } of forecaster.forecast(table, { horizon: 24 })) …   // constant memory
 * const all = await forecaster.forecast(table, { horizon: 24 });                            // all in a list
 */
export class ResultStream<T, R = T[]> implements AsyncIterable<T>, PromiseLike<R> {
  private isRead = false;
  private whole?: Promise<R>;

  /**
   * @param start begins to compute
   * @param summary what awaiting gives. Default: the list of all results. It is called once the last one was read
   */
  constructor(
    private readonly start: () => AsyncGenerator<T, void>,
    private readonly summary?: () => R,
  ) {}

  /** The results in order. They can be read once. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void> {
    if (this.isRead) {
      throw new UsageError('', 'these results were read already, expected to be read once. Keep them in a list.');
    }
    this.isRead = true;
    return this.start();
  }

  /** All results, or their summary. */
  then<A = R, B = never>(
    onDone?: ((value: R) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.whole ??= this.toEnd();
    return this.whole.then(onDone, onError);
  }

  private async toEnd(): Promise<R> {
    const items: T[] = [];
    if (this.summary && this.isRead) return this.summary();
    for await (const item of this) if (!this.summary) items.push(item);
    return this.summary ? this.summary() : (items as R);
  }
}
