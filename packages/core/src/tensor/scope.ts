/**
 * Memory belongs to a scope: what is allocated inside is freed when it ends, save what it returns.
 *
 *   const logits = scope(() => model.forward(tokens).logits);   // all else is freed
 *
 * While gradients are recorded, inner scopes hand everything to the outer one: the backward needs it.
 */
import { UsageError } from '../errors.ts';
import { orphan } from './orphans.ts';
import { Storage, Tensor } from './tensor.ts';

class Scope {
  readonly storages = new Set<Storage>();
  constructor(readonly outer?: Scope) {}
}

/** Objects that hold no tensors, however much else: backends. */
const opaque = new WeakSet<object>();
export const hideFromScopes = (object: object): void => void opaque.add(object);

let current: Scope | undefined;
let recording = 0;

/** Called for every new storage. */
export function adopt(storage: Storage): void {
  if (current) current.storages.add(storage);
  else orphan(storage);
}

/**
 * Runs `f` and frees what it allocated, save the tensors found in what it returns (in arrays, maps and
 * objects, at any depth): those belong to the scope around. `f` must not be async.
 */
export function scope<T>(f: () => T): T {
  if (recording === 0 || !current) return enter(f);
  const result = f();
  refuseAsync(result);
  return result;
}

/** An async function would go on after its memory was freed. */
function refuseAsync(result: unknown): void {
  if (!(result instanceof Promise)) return;
  // What it meets then is our doing, and nobody waits for it.
  result.catch(() => {});
  throw new UsageError('scope', 'the function is async, expected one that returns at once.');
}

/** As scope(), also while recording. */
export function enter<T>(f: () => T): T {
  const outer = current;
  const inner = new Scope(outer);
  current = inner;
  let result: T;
  try {
    result = f();
    refuseAsync(result);
  } catch (error) {
    current = outer;
    for (const storage of inner.storages) storage.free();
    throw error;
  }
  current = outer;
  const kept = new Set<Storage>();
  collect(result, kept, new Set());
  for (const storage of inner.storages) {
    if (storage.freed) continue;
    if (!kept.has(storage)) storage.free();
    else if (outer) outer.storages.add(storage);
    else orphan(storage);
  }
  return result;
}

/** Takes a tensor out of its scope: it lives until dispose(), or until JavaScript forgets it. */
export function keep<T extends Tensor>(tensor: T): T {
  for (let scope = current; scope; scope = scope.outer) {
    if (scope.storages.delete(tensor.storage)) orphan(tensor.storage);
  }
  return tensor;
}

/** Runs `f` with inner scopes held open. */
export function whileRecording<T>(f: () => T): T {
  recording++;
  try {
    return f();
  } finally {
    recording--;
  }
}

function collect(value: unknown, kept: Set<Storage>, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
  if (opaque.has(value)) return;
  seen.add(value);
  if (value instanceof Tensor) kept.add(value.storage);
  else if (value instanceof Storage) kept.add(value);
  else if (value instanceof Map || value instanceof Set) for (const item of value.values()) collect(item, kept, seen);
  else if (Array.isArray(value)) for (const item of value) collect(item, kept, seen);
  else for (const item of Object.values(value)) collect(item, kept, seen);
}
