/** Finds the first parameter, operation or gradient whose values are not finite. */
import type { Model } from '../models/model.ts';
import { sumOfSquares } from '../tensor/optimizer.ts';
import { enter } from '../tensor/scope.ts';
import { observeOperations } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The bad tensor for an error: looks at the parameters, then at the outputs of a second forward, then at the gradients. */
export function findBadTensor(model: Model, grads: Record<string, Tensor>, forward: () => Tensor): string {
  const parameter = model.tree.list().find(({ value }) => isBad(value));
  if (parameter) return `the parameter ${parameter.name}`;
  let found: string | undefined;
  enter(() =>
    observeOperations(forward, ({ name, outputs }, place) => {
      if (!found && outputs.some(isBad)) found = `the output of ${name}${place && ` in ${place}`}`;
    }),
  );
  if (found) return found;
  // Gradients flow from the last layer to the first.
  const grad = Object.keys(grads)
    .reverse()
    .find((name) => isBad(grads[name]));
  return grad ? `the gradient of ${grad}` : 'none of the parameters, outputs and gradients';
}

function isBad(tensor: Tensor): boolean {
  if (!tensor.isContiguous) return tensor.read().some((value) => !Number.isFinite(value));
  return !Number.isFinite(sumOfSquares(tensor)) && tensor.read().some((value) => !Number.isFinite(value));
}
