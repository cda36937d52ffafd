/**
 * The HMM's filter on the selective scan: from Kalman's and Rabiner's recurrences to Mamba's.
 *
 *   filter   αₜ(j) = eₜ(j)/cₜ (Pⱼⱼ αₜ₋₁(j) + Σ_{i≠j} Pᵢⱼ αₜ₋₁(i))
 *   scan     hₜ(j) = exp(Δₜ A) hₜ₋₁(j) + Δₜ Bₜ uₜ(j)      A = −1, B = C = 1, one channel a state
 *
 * so the gate exp(−Δₜ) = eₜ(j) Pⱼⱼ / cₜ depends on the symbol: selection. The scan is diagonal and linear; the
 * filter is neither: states mix by P, and cₜ depends on αₜ₋₁. Both are taken from the sweep before, as a
 * layer takes them from the layer below: Δ and u are functions of what the last sweep found. A sweep makes
 * one more step exact at least, so T sweeps are exact; a chain that forgets needs few.
 *
 * Where a state's symbol is likelier than expected by more than 1/Pⱼⱼ, the gate exceeds 1 and Δ is negative.
 * The scan here computes that too, Mamba's softplus(Δ) > 0 cannot.
 */
import { selectiveScan } from '../ops/index.ts';
import type { Backend } from '../tensor/backend.ts';
import { scope } from '../tensor/scope.ts';
import { type Hmm, hmmForward, hmmPredict } from './hmm.ts';

export interface HmmSweep {
  /** p(xₜ | y₁ … yₜ), as far as this sweep knows. */
  filtered: number[][];
  /** Gates above 1: what a positive Δ could not do. */
  growing: number;
}

/** The filter after 1, 2, … sweeps of the scan. The first takes αₜ₋₁ = initial. */
export function hmmFilterBySweeps(hmm: Hmm, symbols: readonly number[], sweeps: number, backend: Backend): HmmSweep[] {
  const found: HmmSweep[] = [];
  let guess = symbols.map(() => hmm.initial);
  for (let k = 0; k < sweeps; k++) {
    const sweep = hmmSweep(hmm, symbols, guess, backend);
    guess = sweep.filtered;
    found.push(sweep);
  }
  return found;
}

/** One scan, given what another run of the filter knows: with the exact guess it returns the exact filter. */
export function hmmSweep(
  hmm: Hmm,
  symbols: readonly number[],
  guess: readonly (readonly number[])[],
  backend: Backend,
): HmmSweep {
  const gates: number[][] = [];
  const inputs: number[][] = [];
  symbols.forEach((y, t) => {
    const emitted = hmm.emission.map((row) => row[y]);
    const prior = t === 0 ? hmm.initial : hmmPredict(hmm, guess[t - 1]);
    const scale = emitted.reduce((sum, e, j) => sum + e * prior[j], 0);
    const kept = emitted.map((e, j) => (t === 0 ? 0 : (e * hmm.transition[j][j]) / scale));
    gates.push(kept);
    inputs.push(emitted.map((e, j) => (e * prior[j]) / scale - (t === 0 ? 0 : kept[j] * guess[t - 1][j])));
  });
  const filtered = gatedScan(gates, inputs, backend).map((row) => {
    const sum = row.reduce((total, value) => total + value, 0);
    return row.map((value) => value / sum);
  });
  return { filtered, growing: gates.flat().filter((gate) => gate > 1).length };
}

/**
 * Whether one sweep with the right cₜ is enough, which it is where P draws the next state anew or keeps it:
 * P = (1 − r) I + r 1 πᵀ, as every chain of two states with P₁₁ + P₂₂ ≥ 1. Then Σ_{i≠j} needs no αₜ₋₁:
 *
 *   αₜ(j) = eₜ(j)/cₜ ((1 − r) αₜ₋₁(j) + r πⱼ)
 */
export function hmmFilterResetting(
  { initial, emission }: Pick<Hmm, 'initial' | 'emission'>,
  reset: { rate: number; to: readonly number[] },
  symbols: readonly number[],
  backend: Backend,
): number[][] {
  const hmm = resettingHmm(initial, emission, reset);
  const { scales } = hmmForward(hmm, symbols);
  const gain = symbols.map((y, t) => emission.map((row) => row[y] / scales[t]));
  const gates = gain.map((row, t) => row.map((e) => (t === 0 ? 0 : e * (1 - reset.rate))));
  const inputs = gain.map((row, t) => row.map((e, j) => e * (t === 0 ? initial[j] : reset.rate * reset.to[j])));
  return gatedScan(gates, inputs, backend);
}

/** The chain that stays, or with probability `rate` draws its next state from `to`. */
export function resettingHmm(
  initial: number[],
  emission: number[][],
  reset: { rate: number; to: readonly number[] },
): Hmm {
  const transition = initial.map((_, i) => reset.to.map((p, j) => reset.rate * p + (i === j ? 1 - reset.rate : 0)));
  return { initial, transition, emission };
}

/** Below this a gate is taken for it: exp(−Δ) cannot be 0. */
const SMALLEST_GATE = 1e-30;
/** Δ u = input needs a Δ that is not 0: the gate is then 1 ± this, below the rounding of f32. */
const SMALLEST_STEP = 1e-8;

/** hₜ = gateₜ hₜ₋₁ + inputₜ by channel, as a selective scan with Δ = −log gate and u = input / Δ. */
export function gatedScan(
  gates: readonly (readonly number[])[],
  inputs: readonly (readonly number[])[],
  backend: Backend,
): number[][] {
  const [L, D] = [gates.length, gates[0]?.length ?? 0];
  const steps = gates.flat().map((gate) => {
    const step = -Math.log(Math.max(gate, SMALLEST_GATE));
    return Math.abs(step) < SMALLEST_STEP ? SMALLEST_STEP : step;
  });
  const values = scope(() => {
    const ones = backend.full([1, L, 1], 1);
    const { out } = selectiveScan({
      u: backend.tensor(
        inputs.flat().map((value, i) => value / steps[i]),
        [1, L, D],
      ),
      delta: backend.tensor(steps, [1, L, D]),
      A: backend.full([D, 1], -1),
      B: ones,
      C: ones,
    });
    return { out };
  }).out;
  const read = values.read();
  values.dispose();
  return gates.map((_, t) => Array.from(read.subarray(t * D, (t + 1) * D)));
}
