import { describe, expect, it } from 'vitest';
import { fc } from '../../../../test/support/random.ts';
import { thousands } from '../../src/math/format.ts';
import { gcd } from '../../src/math/integers.ts';
import { logSumExp, softmax } from '../../src/math/softmax.ts';
import { mean, median, sampleDeviation, slopeOf, sum } from '../../src/math/stats.ts';

const numbers = (minLength: number, bound = 1e6) =>
  fc.array(fc.double({ min: -bound, max: bound, noNaN: true }), { minLength, maxLength: 12 });

describe('sums and averages', () => {
  it('sum from the first value to the last', () => {
    fc.assert(
      fc.property(numbers(1), (values) => {
        expect(sum(values)).toBe(values.reduce((total, value) => total + value, 0));
        expect(mean(Float64Array.from(values))).toBe(sum(values) / values.length);
      }),
    );
    expect([sum([]), mean([])]).toEqual([0, Number.NaN]);
  });

  it('have as many values below the median as above it', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([10, 9]), median([])]).toEqual([2, 2.5, 9.5, Number.NaN]);
    fc.assert(
      fc.property(numbers(1), (values) => {
        const middle = median(values);
        const [below, above] = [values.filter((x) => x < middle), values.filter((x) => x > middle)];
        expect(Math.max(below.length, above.length)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  it('have the deviation of a sample, and the slope of a line', () => {
    expect(sampleDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(sampleDeviation([1])).toBeNaN();
    fc.assert(
      fc.property(fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true }), (a, b) => {
        const x = [1, 2, 4, 8];
        expect(
          slopeOf(
            x,
            x.map((value) => a * value + b),
          ),
        ).toBeCloseTo(a, 10);
      }),
    );
  });
});

describe('softmax', () => {
  it('equals the plain formula', () => {
    fc.assert(
      fc.property(numbers(1, 20), (logits) => {
        const total = logits.reduce((all, logit) => all + Math.exp(logit), 0);
        expect(logSumExp(logits)).toBeCloseTo(Math.log(total), 10);
        softmax(logits).forEach((p, k) => {
          expect(p).toBeCloseTo(Math.exp(logits[k]) / total, 12);
          expect(Math.log(p)).toBeCloseTo(logits[k] - logSumExp(logits), 10);
        });
      }),
    );
  });

  it('does not overflow', () => {
    expect([...softmax([1000, 1000, -Infinity])]).toEqual([0.5, 0.5, 0]);
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 9);
    expect(logSumExp([-Infinity])).toBe(-Infinity);
  });
});

it('gcd divides both, and nothing larger does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 500 }), (a, b) => {
      let largest = 1;
      for (let d = 1; d <= b; d++) if (a % d === 0 && b % d === 0) largest = d;
      expect(gcd(a, b)).toBe(largest);
    }),
  );
});

it('writes whole numbers with a comma between thousands', () => {
  expect([0, 999.4, 17_152, 1_048_576, -1234].map(thousands)).toEqual(['0', '999', '17,152', '1,048,576', '-1,234']);
});
