/** From steps to quantiles of values: rows of several series at once, or one series from a carried state. */
import type { SequenceModel } from '../../models/sequenceModel.ts';
import type { State } from '../../models/state.ts';
import { enter } from '../../tensor/scope.ts';
import { GRID } from '../quantiles.ts';
import { forwardSteps, type Steps } from './network.ts';
import { CANDIDATES, FEATURES } from './reader.ts';
import type { StepList } from './track.ts';
import { PATCH } from './window.ts';

/** Quantiles (GRID) of one value ahead. */
export type Quantiles = Float64Array;

/** The state behind the steps of a list; it lives until it is disposed of. */
export function carry(model: SequenceModel, list: StepList, state?: State): State {
  return enter(() => forwardSteps(model, rowsOf([list]), state).state.keep());
}

/** Of each list, quantiles of the `horizon` values from the first on that its last `patches` steps forecast. */
export function predict(
  model: SequenceModel,
  lists: readonly StepList[],
  horizon: number,
  state?: State,
): Quantiles[][] {
  const steps = rowsOf(lists);
  const quantiles = enter(() => forwardSteps(model, steps, state).quantiles.read());
  return lists.map((list, b) => valuesAhead(quantiles, b * steps.L, list, horizon));
}

function rowsOf(lists: readonly StepList[]): Steps {
  const B = lists.length;
  const L = Math.max(...lists.map(({ count }) => count));
  const features = new Float32Array(B * L * FEATURES);
  const candidates = new Float32Array(B * L * CANDIDATES * PATCH);
  lists.forEach((list, b) => {
    features.set(list.features, b * L * FEATURES);
    candidates.set(list.candidates, b * L * CANDIDATES * PATCH);
  });
  return { B, L, lengths: Int32Array.from(lists, ({ count }) => count), features, candidates };
}

/** quantiles: (B · L, GRID, PATCH) in units from the base. */
function valuesAhead(quantiles: Float32Array, row: number, list: StepList, horizon: number): Quantiles[] {
  const patches = Math.ceil(horizon / PATCH);
  return Array.from({ length: horizon }, (_, t) => {
    const step = list.count - patches + Math.floor(t / PATCH);
    const p = t % PATCH;
    const from = (row + step) * GRID.length * PATCH + p;
    const base = list.bases[step * PATCH + p];
    return Float64Array.from(GRID, (_, q) => base + list.units[step] * quantiles[from + q * PATCH]);
  });
}
