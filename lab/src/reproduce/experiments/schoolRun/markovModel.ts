/**
 * A Markov model counted from sequences: what follows the last k symbols.
 *
 *   p_k(x | c) = (n(c, x) + V p_{k−1}(x | c')) / (n(c) + V)      p_{−1} = 1/V
 *
 * c' is c without its oldest symbol: where counts are few, the shorter context decides (MacKay & Peto 1995).
 */
import { UsageError } from '@mamba-ts/core/errors';

export class MarkovModel {
  /** By order: counts of (context, symbol), the newest symbol last. */
  private readonly counts: readonly Float64Array[];

  constructor(
    readonly order: number,
    readonly symbols: number,
  ) {
    if (!(Number.isInteger(order) && order >= 0 && symbols ** (order + 1) <= 2 ** 24)) {
      throw new UsageError(
        'MarkovModel',
        `order ${order} over ${symbols} symbols, expected at most 2^24 counts. Use a lower order.`,
      );
    }
    this.counts = Array.from({ length: order + 1 }, (_, k) => new Float64Array(symbols ** (k + 1)));
  }

  /** Counts a sequence. */
  read(sequence: ArrayLike<number>): void {
    this.walk(sequence, (cells) => {
      cells.forEach((cell, k) => {
        this.counts[k][cell]++;
      });
    });
  }

  /** −log p of each symbol, given those before it. */
  losses(sequence: ArrayLike<number>): Float64Array {
    const losses = new Float64Array(sequence.length);
    const { symbols: V, counts } = this;
    this.walk(sequence, (cells, t) => {
      let p = 1 / V;
      cells.forEach((cell, k) => {
        const row = cell - (cell % V);
        const total = counts[k].subarray(row, row + V).reduce((sum, n) => sum + n, 0);
        p = (counts[k][cell] + V * p) / (total + V);
      });
      losses[t] = -Math.log(p);
    });
    return losses;
  }

  /** Visits the cells that count each step, by order, up to the number of symbols before it. */
  private walk(sequence: ArrayLike<number>, visit: (cells: readonly number[], t: number) => void): void {
    const { symbols: V, order } = this;
    for (let t = 0; t < sequence.length; t++) {
      const cells: number[] = [];
      let cell = sequence[t];
      if (!(Number.isInteger(cell) && cell >= 0 && cell < V)) {
        throw new UsageError('MarkovModel', `symbol ${cell} at place ${t}, expected 0 to ${V - 1}.`);
      }
      for (let k = 0; k <= Math.min(order, t); k++) {
        if (k > 0) cell += sequence[t - k] * V ** k;
        cells.push(cell);
      }
      visit(cells, t);
    }
  }
}
