/**
 * Inner values of a forward pass, by name: the step sizes Δ, the B and the C of a layer for each step of its input.
 *
 *   const { values } = observe(() => model.forward(tokens), (name) => name.endsWith('.delta'));
 *   values['backbone.layers.0.mixer.delta'].shape;   // (B, L, D)
 *
 * Layers offer them (offer() in tensor/tape.ts): S6, Mamba-2 and Mamba-3 offer `delta` after softplus, `B` and `C`; a
 * reversed direction offers them under `reverse`. Without observe() they are not computed.
 */
import { UsageError } from '../errors.ts';
import { scope } from '../tensor/scope.ts';
import { observeValues } from '../tensor/tape.ts';
import type { Shape } from '../tensor/tensor.ts';

/** A copy of an inner value. */
export interface Observed {
  readonly shape: Shape;
  /** Row-major. */
  readonly data: Float32Array;
}

/**
 * Runs `f`, one forward pass, and copies the inner values whose names `wanted` accepts. Default: all.
 * Throws a UsageError where a name comes twice: observe each forward pass by itself.
 */
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
