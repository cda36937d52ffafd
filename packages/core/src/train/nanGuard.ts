/** Finds where numbers went bad: the first parameter, operation or gradient that is not finite. */
import type { Model } from '../models/model.ts';
import { sumOfSquares } from '../tensor/optimizer.ts';
import { enter } from '../tensor/scope.ts';
import { observeOperations } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** What to tell people: looks at the parameters, then at a second forward, then at the gradients. */
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
  return grad ? `the gradient of ${grad}` : 'not one of those looked at (parameters, outputs, gradients)';
}

function isBad(tensor: Tensor): boolean {
  if (!tensor.isContiguous) return tensor.read().some((value) => !Number.isFinite(value));
  return !Number.isFinite(sumOfSquares(tensor)) && tensor.read().some((value) => !Number.isFinite(value));
}
