/** Times that are compared, measured in turns: A B A B …, so that what slows the machine for a while slows all. */
import { Stopped } from '../experiment.ts';

/** Seconds since some moment. */
export type Clock = () => number;
export const wallClock: Clock = () => performance.now() / 1000;
/** Of this process alone, all threads together: what else the machine does is not in it. */
export const processClock: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

export interface TurnOptions {
  clock: Clock;
  rounds: number;
  /** A turn repeats what takes less until it took so many seconds. */
  seconds?: number;
  signal?: AbortSignal;
}

/** Median seconds of one call of each; a first round is not counted. */
export async function inTurns(sides: readonly (() => void)[], options: TurnOptions): Promise<number[]> {
  const { clock, rounds, seconds = 0.05, signal } = options;
  const counts: number[] = [];
  for (const side of sides) {
    await pause(signal);
    counts.push(countFor(side, seconds, clock));
  }
  const samples: number[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, side] of sides.entries()) {
      await pause(signal);
      samples[i].push(meanTime(side, counts[i], clock));
    }
  }
  return samples.map(median);
}

/** Signals and timers get their turn. Throws Stopped where one asked to stop. */
export async function pause(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal?.aborted) throw new Stopped();
}

function meanTime(run: () => void, count: number, clock: Clock): number {
  const begun = clock();
  for (let i = 0; i < count; i++) run();
  return (clock() - begun) / count;
}

/** How many calls fill `seconds`, by one call after one that is not counted, where that was quick. */
function countFor(run: () => void, seconds: number, clock: Clock): number {
  const first = meanTime(run, 1, clock);
  const again = first < seconds ? meanTime(run, 1, clock) : first;
  return Math.max(1, Math.round(seconds / Math.max(again, 1e-6)));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** b of y ≈ a xᵇ, by least squares of the logarithms. */
export function exponentOf(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const [mu, mv] = [u, v].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  const over = u.reduce((sum, value, i) => sum + (value - mu) * (v[i] - mv), 0);
  return over / u.reduce((sum, value) => sum + (value - mu) ** 2, 0);
}
