import { describe, expect, it } from 'vitest';
import { Random } from '../../../packages/core/src/random.ts';
import { inductionHeads, inductionRows, SPECIAL } from '../../src/tasks/inductionHeads.ts';

const placesOf = (row: Int32Array) => [...row].flatMap((token, t) => (token === SPECIAL ? [t] : []));

describe('inductionHeads', () => {
  it('asks at the end for what followed the special token', () => {
    const { tokens, targets, B, L } = inductionHeads(new Random(1), { B: 300, length: 9, vocab: 5 });
    expect([B, L]).toEqual([300, 9]);
    const first = new Set<number>();
    for (let b = 0; b < B; b++) {
      const row = tokens.subarray(b * L, (b + 1) * L);
      const places = placesOf(row);
      expect(places).toHaveLength(2);
      expect(places[1]).toBe(8);
      first.add(places[0]);
      expect([...targets.subarray(b * L, (b + 1) * L)]).toEqual([...new Array(8).fill(-1), row[places[0] + 1]]);
    }
    expect([...first].sort(), 'the answer never is the question').toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(targets)).toEqual(new Set([-1, 1, 2, 3, 4]));
  });

  it('has one row that is as short as a row can be', () => {
    const { tokens, targets } = inductionHeads(new Random(1), { B: 1, length: 3, vocab: 3 });
    expect([tokens[0], tokens[2], targets[2]]).toEqual([SPECIAL, SPECIAL, tokens[1]]);
  });

  it('refuses what cannot be', () => {
    expect(() => inductionHeads(new Random(1), { B: 1, length: 2, vocab: 3 })).toThrow(
      'inductionHeads: length is 2, expected a whole number ≥ 3: special token, answer, special token.',
    );
    expect(() => inductionHeads(new Random(1), { B: 1, length: 8, vocab: 2 })).toThrow('inductionHeads: vocab is 2');
  });
});

describe('inductionRows', () => {
  it('has the special token once, early, wherever the pieces end', () => {
    for (const piece of [1, 2, 5, 16]) {
      const { answers, read } = inductionRows(new Random(7), { B: 50, length: 8, vocab: 4 });
      const rows: number[][] = Array.from({ length: 50 }, () => []);
      for (let at = 0; at < 80; at += piece) {
        const { tokens, B, L } = read(piece);
        expect([B, L]).toEqual([50, piece]);
        for (let b = 0; b < B; b++) rows[b].push(...tokens.subarray(b * L, (b + 1) * L));
      }
      for (const [b, row] of rows.entries()) {
        const [place, ...more] = placesOf(Int32Array.from(row));
        expect(more).toEqual([]);
        expect(place).toBeLessThan(6);
        expect(row[place + 1]).toBe(answers[b]);
      }
    }
  });
});
