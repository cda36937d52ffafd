/** Device memory and who owns it: what tensors, scopes and the garbage collector are built on. */

/** Where storage comes from and goes back to: a backend. */
export interface StorageOwner {
  /** Takes back the memory of a storage. */
  release(storage: { readonly address: number; readonly bytes: number }): void;
}

/** A piece of device memory. */
export class Storage<Owner extends StorageOwner = StorageOwner> {
  freed = false;
  /** Grows whenever the values are overwritten. A tensor that was derived from an older version is out of date. */
  version = 0;

  constructor(
    readonly owner: Owner,
    readonly address: number,
    readonly bytes: number,
  ) {}

  free(): void {
    if (this.freed) return;
    this.freed = true;
    this.owner.release(this);
  }
}

/**
 * A method that says which values of an object may hold tensors. `scope` then looks at these alone:
 *
 *   class State {
 *     [held]() {
 *       return this.layers;
 *     }
 *   }
 */
export const held: unique symbol = Symbol('held');

export interface Holder {
  [held](): Iterable<unknown>;
}
