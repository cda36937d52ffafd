/**
 * The filter of an HMM, computed by the selective scan: how the recurrences of Kalman and Rabiner relate to Mamba's.
 *
 *   filter   αₜ(j) = eₜ(j)/cₜ (Pⱼⱼ αₜ₋₁(j) + Σ_{i≠j} Pᵢⱼ αₜ₋₁(i))
 *   scan     hₜ(j) = exp(Δₜ A) hₜ₋₁(j) + Δₜ Bₜ uₜ(j)      A = −1, B = C = 1, one channel a state
 *
 * The gate exp(−Δₜ) = eₜ(j) Pⱼⱼ / cₜ depends on the symbol: that is selection. The scan is diagonal and linear, and the
 * filter is neither: P mixes the states, and cₜ depends on αₜ₋₁. So the scan runs in sweeps. Each takes both from the
 * sweep before it, as a layer takes its input from the layer below: Δ and u are functions of the last result. Each
 * sweep makes at least one more step exact, so T sweeps are exact; a chain that forgets needs only a few.
 *
 * Where the symbol of a state is more likely than expected by a factor above 1/Pⱼⱼ, the gate exceeds 1 and Δ is
 * negative. This scan computes that as well; Mamba's softplus(Δ) > 0 cannot.
 */
import { selectiveScan } from '../ops/index.ts';
import type { Backend } from '../tensor/backend.ts';
import { scope } from '../tensor/scope.ts';
import { type Hmm, hmmForward, hmmPredict } from './hmm.ts';

/** The result of one scan. */
export interface HmmSweep {
  /** The estimate of p(xₜ | y₁ … yₜ) after this sweep. */
  filtered: number[][];
  /** The number of gates above 1, which a positive Δ cannot have. */
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

/** One scan, from an estimate of the filter. From the exact filter it returns the exact filter. */
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
 * The filter by one scan with the right cₜ, for a chain that keeps its state or draws the next one from π:
 * P = (1 − r) I + r 1 πᵀ. Every chain of two states with P₁₁ + P₂₂ ≥ 1 is one. Then Σ_{i≠j} needs no αₜ₋₁:
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

/** The chain that draws its next state from `to` with probability `rate`, and keeps its state otherwise. */
export function resettingHmm(
  initial: number[],
  emission: number[][],
  reset: { rate: number; to: readonly number[] },
): Hmm {
  const transition = initial.map((_, i) => reset.to.map((p, j) => reset.rate * p + (i === j ? 1 - reset.rate : 0)));
  return { initial, transition, emission };
}

/** Smaller gates are raised to this: exp(−Δ) cannot be 0. */
const SMALLEST_GATE = 1e-30;
/** Δ u = input needs Δ ≠ 0. A gate of 1 ± this is 1 in f32. */
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
