/** Times to compare, measured in turns: A B A B …, so that what slows the machine for a while slows all of them. */
import { median } from '@mamba-ts/core/math';
import { Stopped } from '../experiment.ts';

/** Seconds since some moment. */
export type Clock = () => number;

export const wallClock: Clock = () => performance.now() / 1000;

/** CPU time of this process, summed over its threads: time of other programs is not in it. */
export const processClock: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

export interface TurnOptions {
  clock: Clock;
  rounds: number;
  /** A turn repeats a short call until about this many seconds have passed. Default: 0.05. */
  seconds?: number;
  signal?: AbortSignal;
}

/** Median seconds of one call of each; a first round is not counted. */
export async function inTurns(calls: readonly (() => void)[], options: TurnOptions): Promise<number[]> {
  const { clock, rounds, seconds = 0.05, signal } = options;
  const counts: number[] = [];
  for (const call of calls) {
    await pause(signal);
    counts.push(repetitions(call, seconds, clock));
  }
  const samples: number[][] = calls.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, call] of calls.entries()) {
      await pause(signal);
      samples[i].push(meanTime(call, counts[i], clock));
    }
  }
  return samples.map(median);
}

/** Lets signals and timers run. Throws Stopped where the signal is aborted. */
export async function pause(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal?.aborted) throw new Stopped();
}

function meanTime(call: () => void, count: number, clock: Clock): number {
  const begun = clock();
  for (let i = 0; i < count; i++) call();
  return (clock() - begun) / count;
}

/** The number of calls that fill `seconds`. A short call is timed once more, after its first, slower one. */
function repetitions(call: () => void, seconds: number, clock: Clock): number {
  const first = meanTime(call, 1, clock);
  const again = first < seconds ? meanTime(call, 1, clock) : first;
  return Math.max(1, Math.round(seconds / Math.max(again, 1e-6)));
}
