import { describe, expect, it } from 'vitest';
import { Random } from '../../../core/src/random.ts';
import { spikesOf } from '../../src/model/spikes.ts';

function wave(length: number, changes: Record<number, number> = {}, seed = 1): Float64Array {
  const random = new Random(seed);
  const y = Float64Array.from({ length }, (_, t) => 10 * Math.sin(t / 2) + random.normal());
  for (const [t, x] of Object.entries(changes)) y[Number(t)] = x;
  return y;
}

describe('spikes', () => {
  it('are one or two values far from all others', () => {
    expect(spikesOf(wave(100, { 40: 600 }))).toEqual([40]);
    expect(spikesOf(wave(100, { 40: -6e9 }))).toEqual([40]);
    expect([...spikesOf(wave(100, { 40: 900, 60: -6000 }))].sort()).toEqual([40, 60]);
    expect([...spikesOf(wave(100, { 40: 900, 41: 900 }))].sort()).toEqual([40, 41]);
    expect(spikesOf(wave(4000, { 7: 1e6, 8: Number.NaN }))).toEqual([7]);
  });

  it('are not: three of a kind, a new level, values that are only large, a few events, missing values, short series', () => {
    expect(spikesOf(wave(100, { 20: 600, 40: 600, 60: 600 }))).toEqual([]);
    expect(spikesOf(wave(100, { 99: 600 }))).toEqual([]);
    expect(spikesOf(wave(100, { 98: 600, 99: 600 }))).toEqual([]);
    expect(spikesOf(wave(100, { 40: 100 }))).toEqual([]);
    expect(spikesOf(Float64Array.from({ length: 100 }, (_, t) => (t === 30 ? 5 : 0)))).toEqual([]);
    expect(spikesOf(Float64Array.from({ length: 100 }, (_, t) => (t < 60 ? 1 + (t % 3) : 5000 + (t % 3))))).toEqual([]);
    expect(spikesOf(new Float64Array(100).fill(Number.NaN))).toEqual([]);
    expect(spikesOf(Float64Array.of(1, 2, 3, 1e9, 2))).toEqual([]);
  });
});
