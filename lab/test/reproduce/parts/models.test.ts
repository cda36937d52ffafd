import { describe, expect, it } from 'vitest';
import { nearestInSize, parametersOf, widths } from '../../../src/reproduce/parts/models.ts';

describe('models of one size', () => {
  it('counts what a checkpoint would hold', () => {
    // Embedding, tied; norm, q k v o, norm, gate up down; last norm.
    const config = { model: 'transformer', vocabSize: 10, dModel: 8, nLayer: 1, dFfn: 12, tieEmbeddings: true };
    expect(parametersOf(config)).toBe(10 * 8 + (8 + 4 * 64 + 8 + 3 * 96) + 8);
  });

  it('picks the nearest, below or above', () => {
    const candidates = widths(4, 20, 4).map((dFfn) => ({
      model: 'transformer',
      vocabSize: 10,
      dModel: 8,
      nLayer: 1,
      dFfn,
    }));
    const sizes = candidates.map(parametersOf);
    expect(nearestInSize(sizes[2] + 40, candidates)).toEqual({ config: candidates[2], parameters: sizes[2] });
    expect(nearestInSize(sizes[2] - 60, candidates).config).toBe(candidates[1]);
    expect(() => nearestInSize(5, [])).toThrow('no candidates');
  });

  it('gives widths up to the last one that fits', () => {
    expect(widths(16, 25, 4)).toEqual([16, 20, 24]);
    expect(widths(3, 2, 1)).toEqual([]);
  });
});
