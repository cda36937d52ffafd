/**
 * A mixture of Markov models of many orders, as in compressors of DNA (XM, GeCo): what counting reaches.
 *
 *   p(x) ∝ Π pₖ(x)^wₖ        wₖ ← wₖ − rate · ∂(−log p)/∂wₖ
 *
 * It learns from all bases that it has read. A base is counted on the other strand as well: there the complement of the
 * base before the context follows the context's reverse complement.
 */
import { UsageError } from '@mamba-ts/core/errors';

const BASES = 4;

export interface MarkovOptions {
  orders: readonly number[];
  /** Learning rate of the weights. */
  rate: number;
}

/** Higher orders have a table of HASHED_CONTEXTS rows, a prime: contexts of equal remainder share a row. */
const MAX_EXACT_ORDER = 12;
const HASHED_CONTEXTS = 2 ** 24 - 3;
/** The highest order whose context has an index that a double holds exactly. */
export const MAX_ORDER = 26;
/** From this order on, a few counts are trusted: the prior is small (Pratas et al. 2016). */
const TRUSTING_ORDER = 9;
/** Counts are bytes: all counts of a context are halved when one reaches this. */
const MAX_COUNT = 255;

/** A Markov model of one order, with counts of what followed each context. */
class Counts {
  private readonly counts: Uint8Array;
  private readonly prior: number;
  private readonly contexts: number;

  constructor(readonly order: number) {
    this.contexts = order > MAX_EXACT_ORDER ? HASHED_CONTEXTS : BASES ** order;
    this.counts = new Uint8Array(this.contexts * BASES);
    this.prior = order >= TRUSTING_ORDER ? 1 / 16 : 1;
  }

  /** Where the counts of a context begin: of `order` bases from `at` in steps of `step`; `flip`: their complements. */
  row(bases: Int32Array, at: number, step: 1 | -1, flip: boolean): number {
    let index = 0;
    for (let i = 0, from = at; i < this.order; i++, from += step) {
      index = index * BASES + (flip ? BASES - 1 - bases[from] : bases[from]);
    }
    return (index % this.contexts) * BASES;
  }

  logProbabilities(row: number, into: Float64Array): void {
    const { counts, prior } = this;
    const total = counts[row] + counts[row + 1] + counts[row + 2] + counts[row + 3] + BASES * prior;
    for (let x = 0; x < BASES; x++) into[x] = Math.log((counts[row + x] + prior) / total);
  }

  add(row: number, base: number): void {
    const { counts } = this;
    if (counts[row + base] === MAX_COUNT) for (let x = 0; x < BASES; x++) counts[row + x] >>= 1;
    counts[row + base]++;
  }
}

/** Bits of each base, given all bases before it. `bases` are 0 to 3, where 3 − x is the complement of x. */
export function markovBits(bases: Int32Array, { orders, rate }: MarkovOptions): Float64Array {
  const wrong = orders.find((order) => !(Number.isInteger(order) && order >= 0 && order <= MAX_ORDER));
  if (wrong !== undefined)
    throw new UsageError('markovBits', `order ${wrong}, expected whole numbers from 0 to ${MAX_ORDER}.`);
  const unknown = bases.findIndex((base) => base < 0 || base >= BASES);
  if (unknown >= 0)
    throw new UsageError('markovBits', `base ${bases[unknown]} at ${unknown}, expected 0 to 3, A C G T.`);
  const models = orders.map((order) => new Counts(order));
  const weights = orders.map(() => 1 / orders.length);
  const logs = orders.map(() => new Float64Array(BASES));
  const rows = new Int32Array(orders.length);
  const mixed = new Float64Array(BASES);
  const bits = new Float64Array(bases.length);
  for (let at = 0; at < bases.length; at++) {
    const base = bases[at];
    models.forEach((model, k) => {
      if (at < model.order) {
        logs[k].fill(-Math.log(BASES));
        return;
      }
      rows[k] = model.row(bases, at - model.order, 1, false);
      model.logProbabilities(rows[k], logs[k]);
    });
    bits[at] = mix(logs, weights, mixed, base) / Math.LN2;
    learn(logs, weights, mixed, base, rate);
    models.forEach((model, k) => {
      if (at < model.order) return;
      model.add(rows[k], base);
      // The other strand runs backwards: its context is the last bases, and the base before them follows.
      model.add(model.row(bases, at, -1, true), BASES - 1 - bases[at - model.order]);
    });
  }
  return bits;
}

/** Fills `mixed` with p, and returns −log p of the base. */
function mix(logs: readonly Float64Array[], weights: readonly number[], mixed: Float64Array, base: number): number {
  let sum = 0;
  for (let x = 0; x < BASES; x++) {
    let score = 0;
    for (let k = 0; k < weights.length; k++) score += weights[k] * logs[k][x];
    mixed[x] = Math.exp(score);
    sum += mixed[x];
  }
  for (let x = 0; x < BASES; x++) mixed[x] /= sum;
  return -Math.log(mixed[base]);
}

function learn(
  logs: readonly Float64Array[],
  weights: number[],
  mixed: Float64Array,
  base: number,
  rate: number,
): void {
  for (let k = 0; k < weights.length; k++) {
    let expected = 0;
    for (let x = 0; x < BASES; x++) expected += mixed[x] * logs[k][x];
    weights[k] += rate * (logs[k][base] - expected);
  }
}
