/**
 * Inner values of a forward pass, by name: what a layer's steps Δ, its B and its C are while it reads.
 *
 *   const { values } = observe(() => model.forward(tokens), (name) => name.endsWith('.delta'));
 *   values['backbone.layers.0.mixer.delta'].shape;   // (B, L, D)
 *
 * Layers offer them (offer() in tensor/tape.ts): the selective layer and Mamba-2 and 3 give `delta` after
 * softplus, `B` and `C`, of a reversed direction under `reverse`. Where nobody observes, nothing is computed.
 */
import { UsageError } from '../errors.ts';
import { scope } from '../tensor/scope.ts';
import { observeValues } from '../tensor/tape.ts';
import type { Shape } from '../tensor/tensor.ts';

export interface Observed {
  readonly shape: Shape;
  /** Row-major. */
  readonly data: Float32Array;
}

/** Runs `f`, one forward, and copies the values whose names are wanted; by default all. */
export function observe<T>(
  f: () => T,
  wanted: (name: string) => boolean = () => true,
): { result: T; values: Readonly<Record<string, Observed>> } {
  const values: Record<string, Observed> = {};
  const run = () =>
    observeValues(f, (name, tensor) => {
      if (!wanted(name)) return;
      if (Object.hasOwn(values, name)) {
        throw new UsageError('observe', `'${name}' came twice, expected one forward. Observe each forward by itself.`);
      }
      values[name] = { shape: [...tensor.shape], data: tensor.read() };
    });
  return { result: scope(run), values };
}
