/**
 * Memory belongs to a scope: what is allocated inside is freed when the scope ends, except what it returns.
 *
 *   const logits = scope(() => model.forward(tokens).logits);   // everything else is freed
 *
 * While gradients are recorded, inner scopes hand everything to the outer one: the backward needs it.
 */
import { UsageError } from '../errors.ts';
import { orphan } from './orphans.ts';
import { type Holder, held, Storage } from './storage.ts';
import { Tensor } from './tensor.ts';

class Scope {
  readonly storages = new Set<Storage>();
  constructor(readonly outer?: Scope) {}
}

let current: Scope | undefined;
let recording = 0;

/** Called for every new storage. */
export function adopt(storage: Storage): void {
  if (current) current.storages.add(storage);
  else orphan(storage);
}

/**
 * Runs `f` and frees the memory it allocated, except that of the tensors in what it returns: those belong to the
 * scope around, or, outside of any, to the caller. Tensors are found at any depth of arrays, maps, sets and objects;
 * of an object with a method `held` (storage.ts), only what that returns is searched.
 *
 *   const y = scope(() => add(mul(a, b), c));   // a · b is freed
 *
 * Throws a UsageError where `f` is async: it would run on after its memory was freed.
 */
export function scope<T>(f: () => T): T {
  if (recording === 0 || !current) return enter(f);
  const result = f();
  refuseAsync(result);
  return result;
}

function refuseAsync(result: unknown): void {
  if (!(result instanceof Promise)) return;
  // Its later errors are caused by the refusal, and nothing awaits it.
  result.catch(() => {});
  throw new UsageError('scope', 'the function is async, expected one that returns its result.');
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

/**
 * Takes a tensor out of the scopes it belongs to: it lives until dispose(), or until JavaScript cannot reach it.
 * Returns the tensor.
 */
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
  seen.add(value);
  if (value instanceof Tensor) kept.add(value.storage);
  else if (value instanceof Storage) kept.add(value);
  else for (const item of itemsOf(value)) collect(item, kept, seen);
}

function itemsOf(value: object): Iterable<unknown> {
  if (held in value) return (value as Holder)[held]();
  if (value instanceof Map || value instanceof Set) return value.values();
  return Array.isArray(value) ? value : Object.values(value);
}
