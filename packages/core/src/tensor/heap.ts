/**
 * The allocator of a device's memory: two-level segregated fit (Masmano et al. 2004).
 *
 * Allocation and release take constant time, free neighbours are merged immediately, and the same sequence of
 * requests gets the same addresses, so the memory of a training loop stays flat.
 */

import type { Device } from '../backend/device.ts';

const GRANULE = 64;
const FIRST_GROWTH = 4 << 20;
const LARGEST_GROWTH = 256 << 20;
/**
 * Large arrays of one size would be a power of two apart and map to the same lines of every cache: a scan of 2²⁰ steps
 * over four of them took 2.4 times as long. So each gets a little more memory.
 */
const LARGE = 1 << 20;
export const STAGGER = 195 * GRANULE;
/** Size classes for each power of two. */
const STEPS = 8;

interface Block {
  address: number;
  size: number;
  free: boolean;
  before?: Block;
  after?: Block;
  previousFree?: Block;
  nextFree?: Block;
}

/** Hands out the memory of a device. */
export class Heap {
  private bins: (Block | undefined)[] = [];
  private taken = new Map<number, Block>();
  private last?: Block;
  private growth = FIRST_GROWTH;
  /** Bytes in use, and bytes taken from the device so far. */
  used = 0;
  reserved = 0;
  /** The most bytes in use so far. Set it to `used` before measuring. */
  peak = 0;

  constructor(private readonly device: Device) {}

  /** The address of `bytes` uninitialised bytes, 64-byte aligned. */
  allocate(bytes: number): number {
    const padding = bytes >= LARGE ? STAGGER : 0;
    const size = Math.max(GRANULE, Math.ceil((bytes + padding) / GRANULE) * GRANULE);
    const block = this.find(size) ?? this.grow(size);
    this.unlink(block);
    if (block.size > size) this.splitOff(block, size);
    block.free = false;
    this.taken.set(block.address, block);
    this.used += block.size;
    if (this.used > this.peak) this.peak = this.used;
    return block.address;
  }

  release(address: number): void {
    let block = this.taken.get(address);
    if (!block) throw new Error(`heap: ${address} is not allocated. It was freed before.`);
    this.taken.delete(address);
    this.used -= block.size;
    const { before, after } = block;
    if (after?.free) {
      this.unlink(after);
      this.join(block, after);
    }
    if (before?.free) {
      this.unlink(before);
      this.join(before, block);
      block = before;
    }
    this.link(block);
  }

  private find(size: number): Block | undefined {
    // Blocks of the request's own size class may be too small; those of later classes never are.
    const first = binOf(size);
    for (let block = this.bins[first]; block; block = block.nextFree) {
      if (block.size >= size) return block;
    }
    for (let bin = first + 1; bin < this.bins.length; bin++) {
      if (this.bins[bin]) return this.bins[bin];
    }
    return undefined;
  }

  private grow(size: number): Block {
    const wanted = Math.max(size, this.growth);
    let region: { address: number; bytes: number };
    try {
      region = this.device.grow(wanted);
    } catch (error) {
      if (wanted === size) throw error;
      region = this.device.grow(size);
    }
    this.growth = Math.min(2 * this.growth, LARGEST_GROWTH);
    this.reserved += region.bytes;
    const block: Block = { address: region.address, size: region.bytes, free: true };
    const { last } = this;
    this.last = block;
    if (last && last.address + last.size === block.address) {
      last.after = block;
      block.before = last;
      if (last.free) {
        this.unlink(last);
        this.join(last, block);
        this.link(last);
        return last;
      }
    }
    this.link(block);
    return block;
  }

  private splitOff(block: Block, size: number): void {
    const rest: Block = {
      address: block.address + size,
      size: block.size - size,
      free: true,
      before: block,
      after: block.after,
    };
    if (block.after) block.after.before = rest;
    else if (this.last === block) this.last = rest;
    block.after = rest;
    block.size = size;
    this.link(rest);
  }

  /** Makes `left` hold `right` too; neither is in a bin. */
  private join(left: Block, right: Block): void {
    left.size += right.size;
    left.after = right.after;
    if (right.after) right.after.before = left;
    if (this.last === right) this.last = left;
  }

  private link(block: Block): void {
    const bin = binOf(block.size);
    while (this.bins.length <= bin) this.bins.push(undefined);
    const head = this.bins[bin];
    block.free = true;
    block.previousFree = undefined;
    block.nextFree = head;
    if (head) head.previousFree = block;
    this.bins[bin] = block;
  }

  private unlink(block: Block): void {
    if (block.previousFree) block.previousFree.nextFree = block.nextFree;
    else this.bins[binOf(block.size)] = block.nextFree;
    if (block.nextFree) block.nextFree.previousFree = block.previousFree;
    block.previousFree = block.nextFree = undefined;
  }
}

function binOf(size: number): number {
  const granules = size / GRANULE;
  const power = granules < 2 ** 31 ? 31 - Math.clz32(granules) : Math.floor(Math.log2(granules));
  return power * STEPS + Math.floor((granules / 2 ** power - 1) * STEPS);
}
