/**
 * What a model costs, found by running it without memory (backend/dryDevice.ts): no layer states a formula.
 *
 * The model must be one without values, which belongs to the caller alone: a dry run gives it parameters of its own.
 */
import { DryDevice } from '../backend/dryDevice.ts';
import { type State, type StateFields, stateGrows } from '../layers/state.ts';
import { type Backend, backendOn } from '../tensor/backend.ts';
import { countMultiplyAdds } from '../tensor/multiplyAdds.ts';
import type { ParameterTree } from '../tensor/parameters.ts';
import { enter } from '../tensor/scope.ts';
import { valueAndGrad } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** What a dry run needs of a model. */
export interface Rehearsal {
  readonly tree: ParameterTree;
  readonly stateFields: readonly StateFields[];
  /** Makes inputs on this backend from now on. */
  attach(backend: Backend): void;
  /** Reads B rows of L zeros. */
  forwardZeros(B: number, L: number, state?: State): State;
  /** The loss of B rows of L zeros. */
  lossOfZeros(B: number, L: number): Tensor;
}

/** Multiply-adds for the last of `length` steps of one sequence. */
export function multiplyAddsAt(model: Rehearsal, length: number): number {
  return onDryBackend(model, () => {
    const grows = stateGrows(model.stateFields);
    // The first run also computes what follows from the parameters alone, which a step does not compute again.
    const before = model.forwardZeros(1, grows ? Math.max(1, length - 1) : 1);
    return countMultiplyAdds(() => void model.forwardZeros(1, 1, grows && length > 1 ? before : undefined));
  });
}

/** Bytes that a training step on B rows of L steps needs at its peak: weights, moments, gradients and activations. */
export function trainingBytes(model: Rehearsal, B: number, L: number): number {
  return onDryBackend(model, ({ heap }) => {
    const parameters = model.tree.tensors();
    const moments = Object.values(parameters).flatMap(({ backend, shape }) => [
      backend.empty(shape),
      backend.empty(shape),
    ]);
    heap.peak = heap.used;
    valueAndGrad(() => model.lossOfZeros(B, L), parameters);
    for (const moment of moments) moment.dispose();
    return heap.peak;
  });
}

function onDryBackend<T>(model: Rehearsal, run: (backend: Backend) => T): T {
  const backend = backendOn(new DryDevice());
  model.attach(backend);
  try {
    return enter(() => {
      for (const parameter of model.tree.list()) parameter.value = backend.empty(parameter.shape);
      return run(backend);
    });
  } finally {
    backend.dispose();
  }
}
