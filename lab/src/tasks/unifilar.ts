/**
 * A source of symbols whose hidden state is known after all symbols so far: each symbol determines the next state. It is
 * a hidden Markov model whose optimal filter is certain, so the least possible losses are exact:
 *
 *   best loss        Σ_s π(s) H(p(· | s))      π = π P, the entropy rate
 *   best of order k  Σ_c p(c) H(p(· | c))      c: the last k symbols, p(c, s) from π by the forward recurrence
 *
 * In nats a step (Shalizi & Crutchfield 2001 call such sources unifilar).
 */
import { UsageError } from '@mamba-ts/core/errors';
import { type Matrix, solve, zeros } from '@mamba-ts/core/math';
import type { Random } from '@mamba-ts/core/random';

export interface Unifilar {
  readonly symbols: readonly string[];
  /** The state that every sequence begins in. */
  readonly start: number;
  /** (states, symbols): p(symbol | state) */
  readonly emission: readonly (readonly number[])[];
  /** (states, symbols): the state after the symbol. */
  readonly next: readonly (readonly number[])[];
}

/** Draws symbols from the start, of which the `first` ones are given; `states` has the state before each symbol. */
export function draw(
  source: Unifilar,
  random: Random,
  length: number,
  first: readonly number[] = [],
): { symbols: Int32Array; states: Int32Array } {
  const { start, emission, next } = source;
  const [symbols, states] = [new Int32Array(length), new Int32Array(length)];
  let state = start;
  for (let t = 0; t < length; t++) {
    const symbol = first[t] ?? pick(emission[state], random.uniform());
    symbols[t] = symbol;
    states[t] = state;
    state = next[state][symbol];
  }
  return { symbols, states };
}

/** −log p of each symbol, given all symbols before it: the loss of the optimal filter. */
export function lossesOf({ start, emission, next }: Unifilar, symbols: ArrayLike<number>): Float64Array {
  const losses = new Float64Array(symbols.length);
  let state = start;
  for (let t = 0; t < symbols.length; t++) {
    const p = emission[state]?.[symbols[t]];
    if (!(p > 0))
      throw new UsageError('lossesOf', `symbol ${symbols[t]} at place ${t} cannot follow, expected one that can.`);
    losses[t] = -Math.log(p);
    state = next[state][symbols[t]];
  }
  return losses;
}

/** (states, states): P, from row to column. */
export function transitionOf({ emission, next }: Unifilar): Matrix {
  const P = zeros(emission.length, emission.length);
  emission.forEach((row, s) => {
    row.forEach((p, symbol) => {
      P[s][next[s][symbol]] += p;
    });
  });
  return P;
}

/** π with π P = π and Σ π = 1. Throws where π is not unique. */
export function stationary(source: Unifilar): number[] {
  const P = transitionOf(source);
  const n = P.length;
  // (Pᵀ − I) π = 0 has one redundant equation: Σ π = 1 replaces the last one.
  const A = P.map((_, i) => P.map((row, j) => (i === n - 1 ? 1 : row[i] - (i === j ? 1 : 0))));
  return solve(
    A,
    P.map((_, i) => [i === n - 1 ? 1 : 0]),
  ).map(([p]) => p);
}

/** The entropy rate: the least possible loss of a predictor, per step in the long run. */
export function bestLoss(source: Unifilar): number {
  return expected(source, stationary(source));
}

/** The least possible loss of a predictor that sees only the last `order` symbols. */
export function bestOfOrder(source: Unifilar, order: number): number {
  const { emission, next, symbols } = source;
  const S = emission.length;
  /** `joint`: p(context, state) over the states. */
  const below = (joint: Float64Array, left: number): number => {
    let loss = 0;
    const total = joint.reduce((sum, p) => sum + p, 0);
    for (let symbol = 0; symbol < symbols.length; symbol++) {
      const after = new Float64Array(S);
      let both = 0;
      for (let s = 0; s < S; s++) {
        const p = joint[s] * emission[s][symbol];
        both += p;
        after[next[s][symbol]] += p;
      }
      if (both > 0) loss += left > 0 ? below(after, left - 1) : -both * Math.log(both / total);
    }
    return loss;
  };
  return below(Float64Array.from(stationary(source)), order);
}

/** Σ p(s) H(p(· | s)) */
const expected = ({ emission }: Unifilar, p: readonly number[]): number =>
  emission.reduce((sum, row, s) => sum + p[s] * entropy(row), 0);

const entropy = (row: readonly number[]): number => row.reduce((sum, p) => sum - (p > 0 ? p * Math.log(p) : 0), 0);

function pick(row: readonly number[], u: number): number {
  let left = u;
  for (let i = 0; i < row.length; i++) {
    left -= row[i];
    if (left < 0) return i;
  }
  // Rounding may leave a little of u.
  return row.findLastIndex((p) => p > 0);
}
