import { describe, expect, it } from 'vitest';
import { Stopped } from '../../../src/reproduce/experiment.ts';
import { inTurns, processClock } from '../../../src/reproduce/parts/timing.ts';

describe('times in turns', () => {
  /** A clock that only the sides move. */
  const fake = () => {
    let now = 0;
    const order: string[] = [];
    const side = (name: string, seconds: number) => () => {
      now += seconds;
      order.push(name);
    };
    return { clock: () => now, side, order };
  };

  it('gives the median of a call, and repeats what is short', async () => {
    const { clock, side, order } = fake();
    const [a, b] = await inTurns([side('a', 0.01), side('b', 1)], { clock, rounds: 3, seconds: 0.05 });
    expect(a).toBeCloseTo(0.01, 10);
    expect(b).toBeCloseTo(1, 10);
    expect(order.slice(0, 3).join('')).toBe('aab');
    expect(order.slice(3).join('')).toBe('aaaaab'.repeat(3));
  });

  it('stops at its signal', async () => {
    const { clock, side } = fake();
    await expect(inTurns([side('a', 1)], { clock, rounds: 2, signal: AbortSignal.abort() })).rejects.toThrow(Stopped);
  });

  it('has a clock that stands still while the process sleeps', async () => {
    const begun = processClock();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(processClock() - begun).toBeLessThan(0.2);
  });
});
