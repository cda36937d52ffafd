import { describe, expect, it } from 'vitest';
import { Random } from '../../../packages/core/src/random.ts';
import { type RecallOptions, recall, recallVocab } from '../../src/tasks/recall.ts';

const options: RecallOptions = { B: 40, L: 60, keys: 5, values: 4, overwrites: true, noise: 0.3 };

describe('recall', () => {
  it('asks for what was last written under a key', () => {
    const { tokens, targets, B, L } = recall(new Random(1), options);
    let [questions, overwritten] = [0, 0];
    for (let b = 0; b < B; b++) {
      const memory = new Map<number, number>();
      for (let t = 0; t < L; t++) {
        const token = tokens[b * L + t];
        const isQuestion = token > 5 && token <= 10;
        expect(targets[b * L + t]).toBe(isQuestion ? memory.get(token - 5) : -1);
        questions += Number(isQuestion);
        if (token < 1 || token > 5) continue;
        overwritten += Number(memory.has(token));
        const value = tokens[b * L + t + 1];
        expect(value).toBeGreaterThan(10);
        expect(value).toBeLessThan(recallVocab(options));
        memory.set(token, value);
        t++;
      }
    }
    expect(questions).toBeGreaterThan(300);
    expect(overwritten).toBeGreaterThan(100);
  });

  it('writes each key once where nothing is overwritten, every one of them if there is time', () => {
    const { tokens, targets, B, L } = recall(new Random(4), { ...options, overwrites: false, noise: 0 });
    for (let b = 0; b < B; b++) {
      const row = tokens.subarray(b * L, (b + 1) * L);
      const keys = row.filter((token) => token >= 1 && token <= 5);
      expect([...keys].sort((a, c) => a - c)).toEqual([1, 2, 3, 4, 5]);
      for (const [t, token] of row.entries()) {
        if (token > 5 && token <= 10) expect(targets[b * L + t]).toBe(row[row.indexOf(token - 5) + 1]);
      }
    }
  });

  it('has as much noise as it is told', () => {
    const noiseOf = (noise: number) => {
      const { tokens } = recall(new Random(2), { ...options, noise });
      return tokens.filter((token) => token === 0).length / tokens.length;
    };
    // A row ends in noise where no value fits: at most one step of sixty.
    expect(noiseOf(0)).toBeLessThan(1 / 60);
    // A write is one event of two steps: n / (n + (1 − n) · 3/2) of the steps.
    expect(Math.abs(noiseOf(0.5) - 0.4)).toBeLessThan(0.05);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(recall(new Random(1), options)).toEqual(recall(new Random(1), options));
    expect(recall(new Random(1), options)).not.toEqual(recall(new Random(2), options));
  });

  it.each([
    [{ L: 2 }, 'recall: L is 2, expected a whole number ≥ 3: a key, its value and the question.'],
    [{ keys: 0 }, 'recall: keys is 0, expected a whole number ≥ 1'],
    [{ values: 1 }, 'recall: values is 1, expected a whole number ≥ 2'],
    [{ noise: 1 }, 'recall: noise is 1, expected a part from 0 to below 1.'],
  ])('refuses %j', (changed, message) => {
    expect(() => recall(new Random(1), { ...options, ...changed })).toThrow(message);
  });
});
