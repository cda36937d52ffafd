/**
 * What counting reaches: Markov models of many orders, mixed, as compressors of DNA have them (XM, GeCo).
 *
 *   p(x) ∝ Π pₖ(x)^wₖ        wₖ ← wₖ − rate · ∂(−log p)/∂wₖ
 *
 * It learns from all that it has read. A base is counted on the other strand, too: there the complement of the
 * base before the context follows the context's reverse complement.
 */
import { UsageError } from '@mamba-ts/core/errors';

const BASES = 4;

export interface MarkovOptions {
  orders: readonly number[];
  /** How fast the weights learn. */
  rate: number;
}

/** Orders above this share a table of so many contexts, by their remainder: a prime. */
const LARGEST_TABLE = 12;
const CONTEXTS = 2 ** 24 - 3;
/** Of these, an index still is a whole number that floats hold. */
const LONGEST = 26;
/** An order this high believes the few bases that it has seen (Pratas et al. 2016). */
const HIGH = 9;
const MOST_COUNT = 255;

/** A Markov model of one order, with counts of what followed each context. */
class Counts {
  private readonly counts: Uint8Array;
  private readonly prior: number;
  private readonly contexts: number;

  constructor(readonly order: number) {
    this.contexts = order > LARGEST_TABLE ? CONTEXTS : BASES ** order;
    this.counts = new Uint8Array(this.contexts * BASES);
    this.prior = order >= HIGH ? 1 / 16 : 1;
  }

  /** Where the counts of the `order` bases from `at` on by `step` begin; `flip`: of their complements. */
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
    if (counts[row + base] === MOST_COUNT) for (let x = 0; x < BASES; x++) counts[row + x] >>= 1;
    counts[row + base]++;
  }
}

/** Bits of each base, given all before it. `bases` are 0 to 3, where 3 − x is the complement of x. */
export function markovBits(bases: Int32Array, { orders, rate }: MarkovOptions): Float64Array {
  const wrong = orders.find((order) => !(Number.isInteger(order) && order >= 0 && order <= LONGEST));
  if (wrong !== undefined)
    throw new UsageError('markovBits', `order ${wrong}, expected whole numbers from 0 to ${LONGEST}.`);
  const strange = bases.findIndex((base) => base < 0 || base >= BASES);
  if (strange >= 0)
    throw new UsageError('markovBits', `base ${bases[strange]} at ${strange}, expected 0 to 3, A C G T.`);
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
      // Backwards on the other strand: its context are the last bases, and the one before them follows.
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
