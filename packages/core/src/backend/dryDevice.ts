/**
 * A device without memory: addresses are numbers, kernels do nothing, and what is read is zero.
 *
 * A forward pass on it finds what a model costs before the model has any values: the bytes that are allocated, and
 * the multiply-adds that the operations report. Scratch memory inside kernels is not counted.
 */
import type { Device, Region } from './device.ts';
import { MAX_SLOTS } from './kernels/pool.ts';

const FIRST_ADDRESS = 64;
const ALIGNMENT = 64;

/** Runs nothing and holds nothing. See the head of the file. */
export class DryDevice implements Device {
  /** Sizes are those of 128-bit SIMD. */
  readonly name = 'wasm';
  readonly threads = 1;
  readonly lanes = 4;
  readonly description = 'no memory, no kernels';
  readonly slots = new Float64Array(MAX_SLOTS);
  private next = FIRST_ADDRESS;

  grow(bytes: number): Region {
    const region = { address: this.next, bytes: Math.ceil(bytes / ALIGNMENT) * ALIGNMENT };
    this.next += region.bytes;
    return region;
  }

  run(): void {}
  /** The least size: of scratch memory, of a panel. */
  call(): number {
    return 1;
  }
  read(): void {}
  write(): void {}
  close(): void {}
}
