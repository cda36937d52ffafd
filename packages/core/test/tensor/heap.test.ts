import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Device, Region } from '../../src/backend/device.ts';
import { Heap, STAGGER } from '../../src/tensor/heap.ts';

/** A device that only gives memory: regions that follow each other, or with holes between them. */
class Memory {
  top = 4096;
  readonly regions: Region[] = [];
  constructor(
    private readonly hole = 0,
    private readonly limit = Number.POSITIVE_INFINITY,
  ) {}
  grow(bytes: number): Region {
    if (this.top + bytes > this.limit) throw new Error('no room');
    const region = { address: this.top, bytes };
    this.top += bytes + this.hole;
    this.regions.push(region);
    return region;
  }
}

const heapOn = (memory: Memory) => new Heap(memory as unknown as Device);

interface Piece {
  address: number;
  bytes: number;
}

function expectApart(pieces: readonly Piece[], { regions }: Memory): void {
  const sorted = [...pieces].sort((a, b) => a.address - b.address);
  for (const [i, { address, bytes }] of sorted.entries()) {
    expect(address % 64).toBe(0);
    const inside = regions.some((r) => address >= r.address && address + bytes <= r.address + r.bytes);
    // Regions that touch may be used as one.
    const last = regions.at(-1);
    const touching = last !== undefined && address >= 4096 && address + bytes <= last.address + last.bytes;
    expect(inside || touching, `${address} + ${bytes} is in memory of the device`).toBe(true);
    if (i) expect(sorted[i - 1].address + sorted[i - 1].bytes).toBeLessThanOrEqual(address);
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({ allocate: fc.oneof(fc.nat(300), fc.nat(100_000), fc.integer({ min: 0, max: 9 << 20 })) }),
    fc.record({ release: fc.nat() }),
  ),
  { maxLength: 120 },
);

/** Runs the steps; gives what is allocated in the end. */
function play(heap: Heap, list: readonly ({ allocate: number } | { release: number })[], check?: (p: Piece[]) => void) {
  const pieces: Piece[] = [];
  for (const step of list) {
    if ('allocate' in step) pieces.push({ address: heap.allocate(step.allocate), bytes: step.allocate });
    else if (pieces.length) heap.release(pieces.splice(step.release % pieces.length, 1)[0].address);
    check?.(pieces);
  }
  return pieces;
}

describe('heap', () => {
  it.each([0, 64, 1 << 20])('never gives memory twice, regions %i bytes apart', (hole) => {
    fc.assert(
      fc.property(steps, (list) => {
        const memory = new Memory(hole);
        const heap = heapOn(memory);
        const pieces = play(heap, list, (pieces) => {
          const wanted = pieces.reduce((n, { bytes }) => n + bytes, 0);
          if (heap.used < wanted) expect.fail(`${heap.used} in use, less than ${wanted}`);
        });
        expectApart(pieces, memory);
        expect(heap.reserved).toBe(memory.regions.reduce((n, { bytes }) => n + bytes, 0));
        for (const { address } of pieces) heap.release(address);
        expect(heap.used).toBe(0);
        // All neighbours merged: each region can be had again in one piece.
        const regions = [...memory.regions].sort((a, b) => b.bytes - a.bytes);
        if (hole) for (const { bytes } of regions) heap.allocate(bytes - STAGGER);
        else if (regions.length) heap.allocate(regions.reduce((n, { bytes }) => n + bytes, -STAGGER));
        expect(memory.regions.length).toBe(regions.length);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same addresses for the same requests', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const heap = heapOn(new Memory());
        const round = () => {
          const pieces = play(heap, list);
          for (const { address } of pieces) heap.release(address);
          return pieces.map(({ address }) => address);
        };
        round();
        const { reserved } = heap;
        const second = round();
        expect(round()).toEqual(second);
        expect(heap.reserved).toBe(reserved);
      }),
      { numRuns: 30 },
    );
  });

  it('merges neighbours at both sides', () => {
    const heap = heapOn(new Memory());
    const [a, b, c, d] = [1000, 1000, 1000, 1000].map((bytes) => heap.allocate(bytes));
    heap.release(a);
    heap.release(c);
    heap.release(b);
    expect(heap.allocate(3000)).toBe(a);
    heap.release(d);
    heap.release(a);
    expect(heap.used).toBe(0);
  });

  it('uses free memory before it takes more from the device', () => {
    const memory = new Memory();
    const heap = heapOn(memory);
    const first = heap.allocate((4 << 20) - STAGGER);
    heap.release(first);
    for (let i = 0; i < 1 << 16; i++) heap.allocate(64);
    expect(memory.regions.length).toBe(1);
    expect(heap.used).toBe(heap.reserved);
    heap.allocate(1);
    expect(memory.regions.length).toBe(2);
  });

  it('takes no more than it needs where there is little', () => {
    const memory = new Memory(0, 4096 + (5 << 20) + 2 * STAGGER);
    const heap = heapOn(memory);
    heap.allocate(4 << 20);
    const small = heap.allocate(1 << 20);
    expect(() => heap.allocate(64)).toThrow('no room');
    heap.release(small);
    expect(heap.allocate(1 << 20)).toBe(small);
  });

  it('puts large arrays of one size apart from the same lines of a cache', () => {
    const heap = heapOn(new Memory());
    const [a, b, c] = [0, 0, 0].map(() => heap.allocate(16 << 20));
    expect(new Set([a, b, c].map((address) => address % (1 << 20))).size).toBe(3);
  });

  it('refuses to release twice', () => {
    const heap = heapOn(new Memory());
    const address = heap.allocate(10);
    heap.release(address);
    expect(() => heap.release(address)).toThrow(`heap: ${address} is not allocated. It was freed before.`);
    expect(() => heap.release(12345)).toThrow('heap: 12345 is not allocated.');
  });

  it('gives an empty allocation its own address', () => {
    const heap = heapOn(new Memory());
    expect(heap.allocate(0)).not.toBe(heap.allocate(0));
    expect(heap.used).toBe(128);
  });
});
