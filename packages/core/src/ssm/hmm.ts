/**
 * The hidden Markov model: a state space model whose state is one of K.
 *
 *   forward   αₜ(j) = eₜ(j) Σᵢ αₜ₋₁(i) Pᵢⱼ / cₜ      cₜ makes αₜ sum to 1, and log p(y) = Σ log cₜ
 *   backward  βₜ(i) = Σⱼ Pᵢⱼ eₜ₊₁(j) βₜ₊₁(j) / cₜ₊₁      p(xₜ | y) = αₜ βₜ
 *   Viterbi   the same recurrence with max instead of Σ, in logarithms
 *
 * Rabiner 1989, with scaling, so that sequences may be of any length.
 */
import { UsageError } from '../errors.ts';

/** A model of K states. Every row of probabilities sums to 1. */
export interface Hmm {
  initial: number[]; //      (K)
  transition: number[][]; // (K, K): from row i to column j
  emission: number[][]; //   (K, symbols)
}

/** What the filter finds for each symbol. */
export interface HmmFiltered {
  /** p(xₜ | y₁ … yₜ) */
  filtered: number[][];
  /** cₜ = p(yₜ | y₁ … yₜ₋₁) */
  scales: number[];
  logLikelihood: number;
}

/** The filter. Throws UsageError for an invalid model, and for a symbol that has probability 0. */
export function hmmForward(hmm: Hmm, symbols: readonly number[]): HmmFiltered {
  check(hmm, symbols);
  const filtered: number[][] = [];
  const scales: number[] = [];
  symbols.forEach((y, t) => {
    const prior = t === 0 ? hmm.initial : hmmPredict(hmm, filtered[t - 1]);
    const joint = prior.map((p, j) => p * hmm.emission[j][y]);
    const scale = sum(joint);
    if (scale === 0)
      throw new UsageError('hmmForward', `symbol ${y} at place ${t} has probability 0 under this model.`);
    filtered.push(joint.map((value) => value / scale));
    scales.push(scale);
  });
  return { filtered, scales, logLikelihood: sum(scales.map(Math.log)) };
}

/** The smoother: p(xₜ | y₁ … y_T) for each t. */
export function hmmSmooth(hmm: Hmm, symbols: readonly number[]): number[][] {
  const { filtered, scales } = hmmForward(hmm, symbols);
  let beta = hmm.initial.map(() => 1);
  const smoothed = [...filtered];
  for (let t = symbols.length - 2; t >= 0; t--) {
    const weighed = beta.map((b, j) => (b * hmm.emission[j][symbols[t + 1]]) / scales[t + 1]);
    beta = hmm.transition.map((row) => sum(row.map((p, j) => p * weighed[j])));
    smoothed[t] = filtered[t].map((a, i) => a * beta[i]);
  }
  return smoothed;
}

/** The most likely path of states, and its log p(path, y). */
export function hmmViterbi(hmm: Hmm, symbols: readonly number[]): { path: number[]; logProbability: number } {
  check(hmm, symbols);
  if (symbols.length === 0) return { path: [], logProbability: 0 };
  let best = hmm.initial.map((p, j) => Math.log(p) + Math.log(hmm.emission[j][symbols[0]]));
  const from: number[][] = [];
  for (const y of symbols.slice(1)) {
    const last = best;
    const step = hmm.initial.map((_, j) => argmax(last.map((value, i) => value + Math.log(hmm.transition[i][j]))));
    best = step.map((i, j) => last[i] + Math.log(hmm.transition[i][j]) + Math.log(hmm.emission[j][y]));
    from.push(step);
  }
  const path = [argmax(best)];
  for (let t = from.length - 1; t >= 0; t--) path.unshift(from[t][path[0]]);
  return { path, logProbability: Math.max(...best) };
}

/** States and symbols drawn from the model; `uniform` gives numbers in [0, 1). */
export function hmmSample(hmm: Hmm, length: number, uniform: () => number): { states: number[]; symbols: number[] } {
  const states: number[] = [];
  const symbols: number[] = [];
  for (let t = 0; t < length; t++) {
    states.push(draw(t === 0 ? hmm.initial : hmm.transition[states[t - 1]], uniform()));
    symbols.push(draw(hmm.emission[states[t]], uniform()));
  }
  return { states, symbols };
}

/** One step of prediction: Σᵢ α(i) Pᵢⱼ */
export const hmmPredict = ({ transition }: Hmm, alpha: readonly number[]): number[] =>
  alpha.map((_, j) => sum(alpha.map((a, i) => a * transition[i][j])));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const argmax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

function draw(probabilities: readonly number[], u: number): number {
  let left = u;
  const found = probabilities.findIndex((p) => {
    left -= p;
    return left < 0;
  });
  return found >= 0 ? found : probabilities.length - 1;
}

function check({ initial, transition, emission }: Hmm, symbols: readonly number[]): void {
  const K = initial.length;
  if (transition.length !== K || emission.length !== K || transition.some((row) => row.length !== K)) {
    throw new UsageError(
      'Hmm',
      `${K} initial probabilities, expected a transition of ${K} × ${K} and ${K} rows of emission.`,
    );
  }
  for (const [name, rows] of Object.entries({ initial: [initial], transition, emission })) {
    for (const row of rows) {
      if (row.some((p) => !(p >= 0)) || Math.abs(sum(row) - 1) > 1e-9) {
        throw new UsageError('Hmm', `${name} has the row ${row.join(', ')}, expected probabilities that sum to 1.`);
      }
    }
  }
  const known = emission[0]?.length ?? 0;
  const wrong = symbols.findIndex((y) => !(Number.isInteger(y) && y >= 0 && y < known));
  if (wrong >= 0) throw new UsageError('Hmm', `symbol ${wrong} is ${symbols[wrong]}, expected 0 to ${known - 1}.`);
}
