import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBackend } from '../../../../test/support/backends.ts';
import { documentAges, positionsOn } from '../../src/ops/index.ts';
import { scope } from '../../src/tensor/scope.ts';

describe('documentAges', () => {
  it('counts the steps since the document began', () => {
    const { ages, ends } = documentAges(Int32Array.of(3, 3, 5, 5, 5, 0, 0, 0, 0, 1), 2, 5);
    expect([...ages]).toEqual([0, 1, 0, 1, 2, 0, 1, 2, 3, 0]);
    expect(ends).toEqual([
      { document: 5, age: 2 },
      { document: 1, age: 0 },
    ]);
  });

  it('continues a row in the same document only', () => {
    const before = [
      { document: 5, age: 2 },
      { document: 4, age: 9 },
    ];
    expect([...documentAges(Int32Array.of(5, 5, 5, 6), 2, 2, before).ages]).toEqual([3, 4, 0, 0]);
  });

  it('is the same for any split', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 30 }), fc.nat(30), (documents, cut) => {
        const whole = documentAges(Int32Array.from(documents), 1, documents.length);
        const at = cut % (documents.length + 1);
        const first = documentAges(Int32Array.from(documents.slice(0, at)), 1, at);
        const second = documentAges(
          Int32Array.from(documents.slice(at)),
          1,
          documents.length - at,
          at ? first.ends : undefined,
        );
        expect([...first.ages, ...second.ages]).toEqual([...whole.ages]);
        if (at < documents.length) expect(second.ends).toEqual(whole.ends);
      }),
    );
  });

  it('does not grow past what i32 holds', () => {
    const before = [{ document: 0, age: 2 ** 31 - 1 }];
    const { ages } = documentAges(Int32Array.of(0, 0), 1, 2, before);
    expect(ages.every((age) => age > 1000)).toBe(true);
  });

  it('refuses another number of indices', () => {
    expect(() => documentAges(new Int32Array(5), 2, 3)).toThrow(
      'seqIdx: 5 indices, expected 6, one for each of the 2 × 3 tokens.',
    );
  });
});

describe('positionsOn', () => {
  it('puts the tables on the backend', () => {
    scope(() => {
      const { age, lengths } = positionsOn(anyBackend, 1, 2, Int32Array.of(0, 1), Int32Array.of(2));
      expect([age?.shape, age?.dtype, lengths?.shape, lengths?.dtype]).toEqual([[1, 2], 'i32', [1], 'i32']);
      expect(positionsOn(anyBackend, 1, 2)).toEqual({ age: undefined, lengths: undefined });
    });
  });

  it('refuses tables that a kernel would read past', () => {
    expect(() => positionsOn(anyBackend, 1, 2, undefined, Int32Array.of(3))).toThrow(
      'positions: length 3 of row 0, expected 0 to 2.',
    );
    expect(() => positionsOn(anyBackend, 1, 2, undefined, Int32Array.of(-1))).toThrow(
      'positions: length -1 of row 0, expected 0 to 2.',
    );
    expect(() => positionsOn(anyBackend, 1, 2, Int32Array.of(0, -1))).toThrow(
      'positions: age -1 at 1, expected 0 or more.',
    );
    expect(() => positionsOn(anyBackend, 1, 2, Int32Array.of(0))).toThrow(
      'ints: 1 values, expected 2 for shape (1, 2).',
    );
  });
});
