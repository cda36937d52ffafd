/**
 * Reverse-mode differentiation over a tape of operations with hand-written backwards.
 *
 * An operation records its inputs, its outputs and its backward. Views (reshape, split) cost nothing: `place` lets a
 * backward write the gradient of a view directly into its part of the whole.
 */
import { UsageError } from '../errors.ts';
import { addInto, copyInto, fill } from './copy.ts';
import { enter, whileRecording } from './scope.ts';
import type { Storage } from './storage.ts';
import { show, Tensor } from './tensor.ts';

export interface Gradients {
  /** Whether this input needs a gradient. */
  wants(input: Tensor | undefined): boolean;
  /**
   * Uninitialised memory for the gradient of an input, of its shape. It may be a slice (see rowStride): only for
   * backwards that can write one.
   */
  place(input: Tensor): Tensor;
}

export interface Operation {
  name: string;
  inputs: readonly (Tensor | undefined)[];
  outputs: readonly Tensor[];
  /** From the gradients of the outputs (undefined: there is none) to those of the inputs, in order. */
  backward(grads: readonly (Tensor | undefined)[], to: Gradients): readonly (Tensor | undefined)[];
}

let active: Tape | undefined;
let observer: ((operation: Operation, place: string) => void) | undefined;
let valueObserver: ((name: string, value: Tensor) => void) | undefined;
let place = '';

/** Whether a gradient of any of these tensors will be computed. If so, keep what the backward needs. */
export function isTracked(...inputs: readonly (Tensor | undefined)[]): boolean {
  return active !== undefined && inputs.some((input) => input !== undefined && active?.tracked.has(input));
}

/** Whether a tape is recording. If so, the inputs of operations must live until the backward. */
export function isRecording(): boolean {
  return active !== undefined;
}

export function record(operation: Operation): void {
  observer?.(operation, place);
  active?.record(operation);
}

/** Runs `f` under a name such as 'backbone.layers.3', which observers receive. */
export function within<T>(name: string, f: () => T): T {
  const outer = place;
  place = name;
  try {
    return f();
  } finally {
    place = outer;
  }
}

/** As within(), with a name inside the current one. */
export const beneath = <T>(name: string, f: () => T): T => within(placed(name), f);

const placed = (name: string) => (place ? `${place}.${name}` : name);

/** Offers an inner value to an observer, as 'backbone.layers.3.mixer.delta'. Without an observer it is not computed. */
export function offer(name: string, make: () => Tensor): void {
  const visit = valueObserver;
  if (visit) withoutGradients(() => enter(() => visit(placed(name), make())));
}

/** Runs `f` and calls `visit` with each value that is offered. The tensor lives until `visit` returns. */
export function observeValues<T>(f: () => T, visit: (name: string, value: Tensor) => void): T {
  const outer = valueObserver;
  valueObserver = visit;
  try {
    return f();
  } finally {
    valueObserver = outer;
  }
}

/** Runs `f` and calls `visit` after each of its operations, with the name it ran under. */
export function observeOperations<T>(f: () => T, visit: (operation: Operation, place: string) => void): T {
  observer = visit;
  try {
    return f();
  } finally {
    observer = undefined;
  }
}

/** Records outputs that are views of `base` and together cover it. */
export function recordViews(base: Tensor, views: readonly Tensor[]): void {
  active?.recordViews(base, views);
}

/** Runs `f` without recording. */
export function withoutGradients<T>(f: () => T): T {
  const outer = active;
  active = undefined;
  try {
    return f();
  } finally {
    active = outer;
  }
}

/**
 * Runs `f`, which returns a scalar, and differentiates it by `parameters`.
 *
 *   const { value, grads } = valueAndGrad(() => sum(square(x)), { x });   // grads.x is 2 x
 *
 * Returns the value and, under the same names, the gradients, each of the shape of its parameter; zeros for a
 * parameter that `f` does not use. Everything else that `f` allocated is freed.
 * Throws a UsageError where `f` does not return a scalar of shape (), and inside another valueAndGrad.
 */
export function valueAndGrad(
  f: () => Tensor,
  parameters: Record<string, Tensor>,
): { value: Tensor; grads: Record<string, Tensor> } {
  if (active) throw new UsageError('valueAndGrad', 'called inside another. Gradients of gradients are not available.');
  return enter(() => {
    const tape = new Tape(Object.values(parameters));
    active = tape;
    let value: Tensor;
    try {
      value = whileRecording(f);
    } finally {
      active = undefined;
    }
    if (!(value instanceof Tensor) || value.shape.length !== 0) {
      const got = value instanceof Tensor ? `a tensor of shape ${show(value.shape)}` : typeof value;
      throw new UsageError(
        'valueAndGrad',
        `the function returned ${got}, expected a scalar of shape (). Reduce it with sum() or mean().`,
      );
    }
    tape.backward(value);
    const grads: Record<string, Tensor> = {};
    const owned = new Set<Storage>();
    for (const [name, parameter] of Object.entries(parameters)) {
      const grad = tape.gradientOf(parameter);
      // Two gradients may be one tensor (those of a + b): each gets its own memory.
      if (!grad) grads[name] = parameter.backend.zeros(parameter.shape);
      else grads[name] = owned.has(grad.storage) ? copyOf(grad) : compact(grad);
      owned.add(grads[name].storage);
    }
    return { value, grads };
  });
}

interface ViewGroup {
  base: Tensor;
  views: readonly Tensor[];
  /** The gradient of the base, once the gradient of a view was placed in it. */
  whole?: Tensor;
  placed: Set<Tensor>;
}

class Tape {
  readonly tracked: Set<Tensor>;
  private operations: Operation[] = [];
  private groups = new Map<Tensor, ViewGroup>();
  private grads = new Map<Tensor, Tensor>();
  /** The number of gradients that share a storage. Only an unshared one may be added to or freed. */
  private holders = new Map<Storage, number>();

  constructor(parameters: readonly Tensor[]) {
    this.tracked = new Set(parameters);
  }

  record(operation: Operation): void {
    if (!operation.inputs.some((input) => input && this.tracked.has(input))) return;
    this.operations.push(operation);
    for (const output of operation.outputs) this.tracked.add(output);
  }

  recordViews(base: Tensor, views: readonly Tensor[]): void {
    if (!this.tracked.has(base)) return;
    const group: ViewGroup = { base, views, placed: new Set() };
    for (const view of views) this.groups.set(view, group);
    this.record({ name: 'view', inputs: [base], outputs: views, backward: () => [this.gather(group)] });
  }

  gradientOf(tensor: Tensor): Tensor | undefined {
    return this.grads.get(tensor);
  }

  backward(value: Tensor): void {
    if (!this.tracked.has(value)) return;
    this.hold(value, value.backend.full([], 1));
    const to: Gradients = {
      wants: (input) => input !== undefined && this.tracked.has(input),
      place: (input) => this.place(input),
    };
    for (let i = this.operations.length - 1; i >= 0; i--) {
      const operation = this.operations[i];
      const grads = operation.outputs.map((output) => this.grads.get(output));
      const group = this.groups.get(operation.outputs[0]);
      if (grads.some((grad) => grad !== undefined)) {
        const results = enter(() => operation.backward(grads, to));
        operation.inputs.forEach((input, k) => {
          const grad = results[k];
          if (input && grad && this.tracked.has(input)) this.deliver(input, grad);
        });
      }
      for (const output of operation.outputs) this.drop(output);
      if (group?.whole) this.letGo(group.whole.storage);
      for (const output of operation.outputs) this.groups.delete(output);
    }
  }

  private place(input: Tensor): Tensor {
    const group = this.groups.get(input);
    if (!group || this.grads.has(input) || group.placed.has(input)) return input.backend.empty(input.shape);
    group.placed.add(input);
    return viewLike(this.wholeOf(group), group.base, input);
  }

  /** The gradient of the base from those of its views. Those that were not written in place are copied in. */
  private gather(group: ViewGroup): Tensor {
    const whole = this.wholeOf(group);
    for (const view of group.views) {
      const part = viewLike(whole, group.base, view);
      const grad = this.grads.get(view);
      if (!grad) fill(part, 0);
      else if (grad.pointer !== part.pointer) copyInto(grad, part);
    }
    return whole;
  }

  /** Memory for the gradient of the base. The group holds it until all its views are gathered. */
  private wholeOf(group: ViewGroup): Tensor {
    if (!group.whole) {
      group.whole = this.place(group.base);
      this.count(group.whole.storage);
    }
    return group.whole;
  }

  /** Whether `grad`, the gradient of `tensor`, may be added to: nothing else reads it. */
  private isOwn(tensor: Tensor, grad: Tensor): boolean {
    if (this.holders.get(grad.storage) === 1) return true;
    const group = this.groups.get(tensor);
    if (!group?.whole || !group.placed.has(tensor)) return false;
    return grad.pointer === viewLike(group.whole, group.base, tensor).pointer;
  }

  private deliver(tensor: Tensor, grad: Tensor): void {
    const sum = this.grads.get(tensor);
    if (!sum) {
      this.hold(tensor, grad);
    } else if (this.isOwn(tensor, sum)) {
      addInto(grad, sum);
      if (!this.holders.has(grad.storage)) grad.dispose();
    } else {
      const fresh = sum.backend.empty(sum.shape);
      copyInto(sum, fresh);
      addInto(grad, fresh);
      this.drop(tensor);
      this.hold(tensor, fresh);
    }
  }

  private hold(tensor: Tensor, grad: Tensor): void {
    this.grads.set(tensor, grad);
    this.count(grad.storage);
  }

  private count(storage: Storage): void {
    this.holders.set(storage, (this.holders.get(storage) ?? 0) + 1);
  }

  private drop(tensor: Tensor): void {
    const grad = this.grads.get(tensor);
    if (!grad) return;
    this.grads.delete(tensor);
    this.letGo(grad.storage);
  }

  private letGo(storage: Storage): void {
    const left = (this.holders.get(storage) as number) - 1;
    this.holders.set(storage, left);
    if (left > 0) return;
    this.holders.delete(storage);
    storage.free();
  }
}

/** `view` is a slice or a reshape of `base`. The same slice or reshape of `whole`. */
function viewLike(whole: Tensor, base: Tensor, view: Tensor): Tensor {
  const rowStride = view.rows === base.rows ? whole.rowStride : view.width;
  return new Tensor(whole.storage, view.shape, 'f32', whole.offset + view.offset - base.offset, rowStride);
}

/** A gradient that is contiguous and has its own storage. */
function compact(tensor: Tensor): Tensor {
  return tensor.isContiguous && tensor.storage.bytes === 4 * tensor.size ? tensor : copyOf(tensor);
}

function copyOf(tensor: Tensor): Tensor {
  const fresh = tensor.backend.empty(tensor.shape);
  copyInto(tensor, fresh);
  return fresh;
}
