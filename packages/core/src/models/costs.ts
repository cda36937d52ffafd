/**
 * What a model costs, found by running it without memory (backend/dryDevice.ts): no layer states a formula.
 *
 * The model must be one without values, which belongs to the caller alone: a dry run gives it parameters of its own.
 */
import { DryDevice } from '../backend/dryDevice.ts';
import { State, type StateField, type StateFields, stateGrows } from '../layers/state.ts';
import { cacheFromRows } from '../ops/keyValueCache.ts';
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
  return onDryBackend(model, (backend) => {
    // The first run also computes what follows from the parameters alone, which a step does not compute again.
    model.forwardZeros(1, 1);
    const isLater = length > 1 && stateGrows(model.stateFields);
    const state = isLater ? stateAfter(length - 1, model.stateFields, backend) : undefined;
    return countMultiplyAdds(() => void model.forwardZeros(1, 1, state));
  });
}

/** A state of one row that has read `steps` steps, with whatever the memory holds. */
function stateAfter(steps: number, fields: readonly StateFields[], backend: Backend): State {
  const tensorOf = ({ shape, grows }: StateField) => {
    if (grows === undefined) return backend.empty([1, ...shape]);
    const held = Math.min(steps, grows);
    return cacheFromRows(backend.empty([1, held, ...shape]), [held], [steps]);
  };
  const layers = fields.map((layer) =>
    Object.fromEntries(Object.entries(layer).map(([name, field]) => [name, tensorOf(field)])),
  );
  return new State(layers, fields, [steps]);
}

/** Rows and steps of a dry run at most: its inputs take time and memory. */
const MAX_ROWS = 64;
const MAX_STEPS = 4096;

/**
 * Bytes that a training step on B rows of L steps needs at its peak: weights, moments, gradients and activations.
 * They grow in proportion to rows and steps, so more of both are extrapolated.
 */
export function trainingBytes(model: Rehearsal, B: number, L: number): number {
  return extrapolated((rows) => extrapolated((steps) => bytesOf(model, rows, steps), L, MAX_STEPS), B, MAX_ROWS);
}

/** f(x), on the line through f(max / 2) and f(max) for x beyond max. */
function extrapolated(f: (x: number) => number, x: number, max: number): number {
  if (x <= max) return f(x);
  const [half, whole] = [f(max / 2), f(max)];
  return whole + ((whole - half) / (max / 2)) * (x - max);
}

function bytesOf(model: Rehearsal, B: number, L: number): number {
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
