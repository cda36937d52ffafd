import { expect, it } from 'vitest';
import { countRight, largest } from '../../src/tasks/tokens.ts';

it('counts the right answers, where there is a target', () => {
  const logits = Float32Array.of(0, 1, 5, 2, 9, 0, 0, 3);
  expect(countRight(logits, 2, Int32Array.of(1, 0, -1, 0))).toEqual({ right: 2, of: 3 });
  expect(countRight(logits, 4, Int32Array.of(2, -1))).toEqual({ right: 1, of: 1 });
});

it('finds the largest of a row', () => {
  expect(largest(Float32Array.of(9, 0, 4, 7, 1, 9), 1, 4)).toBe(2);
});
