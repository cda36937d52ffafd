import { describe, expect, it } from 'vitest';
import { runsOf } from '../../../src/reproduce/experiment.ts';
import { scaling } from '../../../src/reproduce/experiments/scaling/scaling.ts';
import {
  bytesFor,
  configOfSide,
  declaredModel,
  type Measures,
} from '../../../src/reproduce/experiments/scaling/scalingModels.ts';
import { doublings } from '../../../src/reproduce/parts/doublings.ts';
import { changed } from '../../../src/reproduce/settings.ts';
import { reached, reportOf } from '../madeUp.ts';

const { full } = scaling;

/** The report of an ideal machine, on which times are powers of the length. */
function ideal(settings: typeof full, transformerPower: number) {
  const lengths = doublings(settings.shortest, settings.longest);
  const curve = (power: number, grows: boolean, of = lengths) => ({
    seconds: of.map((length) => 1e-6 * length ** power),
    peak: of.map((length) => (grows ? 1000 * length : 1e6)),
    state: of.map((length) => (grows ? 8 * length : 4000)),
  });
  const both = (power: number): Measures => ({
    lengths,
    ofProcess: true,
    parameters: { mamba: 1000, transformer: 1000 },
    curves: { mamba: curve(power === 0 ? 0 : 1, false), transformer: curve(power, true) },
  });
  const pieces = doublings(settings.piece, settings.stream);
  const stream = { mamba: curve(1, false, pieces) };
  const results: Record<string, Measures> = {
    reading: both(transformerPower),
    training: both(transformerPower),
    generating: { ...both(1), curves: { mamba: curve(0, false), transformer: curve(0.5, true) } },
    stream: { lengths: pieces, ofProcess: true, parameters: { mamba: 1000 }, curves: stream },
  };
  return reportOf(scaling, (id) => results[id], settings);
}

describe('scaling', () => {
  it('compares models of equal size', () => {
    const [ours, theirs] = (['mamba', 'transformer'] as const).map((side) => declaredModel(full, side).tree.count());
    expect(Math.abs(ours / theirs - 1)).toBeLessThan(0.05);
  });

  it('gives the Transformer positions for all tokens that it reads and writes', () => {
    const { maxLength } = configOfSide(full, 'transformer');
    expect(maxLength).toBeGreaterThanOrEqual(full.longest + full.generated * (full.rounds + 2));
  });

  it('reaches its goals where time is linear and quadratic, and says where it is not', () => {
    expect(reached(ideal(full, 2))).toEqual([true, true, true, true]);
    expect(reached(ideal(full, 1.2))).toEqual([false, false, true, true]);
    const less = { ...full, stream: 2 ** 18 };
    expect(reached(ideal(less, 2))[3]).toBe(false);
  });

  it('says how many times as fast it generates', () => {
    // 128 times: the square root of 2^14.
    const { findings, tables } = ideal(full, 2);
    expect(findings.join('\n')).toContain('After 16,384 tokens Mamba writes 128.0 times as many tokens a second.');
    // 4 layers × (keys, values) × 128 channels × 4 bytes × 2^20.
    expect(findings.join('\n')).toContain('the Transformer would hold 4.0 GiB of keys and values');
    expect(tables[2].rows.at(-1)?.at(-1)).toBe('128.0');
  });

  it('needs more memory for longer sequences', () => {
    const withLongest = (longest: number) => bytesFor({ ...full, longest }) - bytesFor({ ...full, longest: 2 ** 8 });
    expect(withLongest(2 ** 13)).toBeGreaterThan(3 * withLongest(2 ** 11));
    expect(scaling.bytes?.(full)).toBe(bytesFor(full));
  });

  it('refuses settings that make no sense', () => {
    expect(() => changed(scaling, full, ['longest=10000'])).toThrow('longest is 10000, expected a power of two');
    expect(() => runsOf(scaling, { ...full, longest: 1024 })).toThrow(
      'expected at least 2048, four times the shortest',
    );
    expect(() => changed(scaling, full, ['rounds=0'])).toThrow('rounds is 0, expected a whole number ≥ 1');
    expect(() => runsOf(scaling, { ...full, stream: 4096 })).toThrow('expected at least 16384, four pieces');
  });
});
