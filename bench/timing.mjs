/**
 * Ratios of times, measured in turns: A B A B …, so that what slows the machine for a while slows both.
 *
 *   const { ratio } = await inTurns(() => ours(), () => theirs(), { pairs: 9, seconds: 0.05 });
 */
import { median } from '@mamba-ts/core/math';

/** The mean time of `count` runs, in seconds. */
async function meanTime(run, count) {
  const begun = performance.now();
  for (let i = 0; i < count; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - begun) / 1000 / count;
}

/** Runs for so long that a JavaScript engine has compiled what it will compile. */
export async function warmUp(run, seconds) {
  const end = performance.now() + 1000 * seconds;
  do await meanTime(run, 1);
  while (performance.now() < end);
}

/** A timer of `run`: each call gives the mean over as many runs as fill `seconds`, at least one. */
export function perSecond(run, seconds, warm = 0.3) {
  let count = 0;
  return async () => {
    if (count === 0) {
      await warmUp(run, warm);
      count = await countFor(run, seconds);
    }
    return meanTime(run, count);
  };
}

/** How many runs fill `seconds`, found by running. */
async function countFor(run, seconds) {
  for (let count = 1; ; ) {
    const total = (await meanTime(run, count)) * count;
    if (total >= seconds / 2) return Math.max(1, Math.round((count * seconds) / total));
    count = Math.max(count + 1, Math.ceil(Math.min(10, (0.7 * seconds) / Math.max(total, 1e-6)) * count));
  }
}

/** Calls the timers one after another, again and again; a first round is not counted. */
export async function turns(timers, { pairs }) {
  const samples = [];
  for (let i = 0; i <= pairs; i++) {
    const turn = [];
    for (const timer of timers) turn.push(await timer());
    if (i > 0) samples.push(turn);
  }
  return samples;
}

/**
 * Median over turns of time(b) / time(a): how many times faster `a` is. A side that takes its own time
 * is given as { timer: async () => seconds }.
 */
export async function inTurns(a, b, { pairs, seconds, warm }) {
  const samples = await turns(
    [a, b].map((side) => side.timer ?? perSecond(side, seconds, warm)),
    { pairs },
  );
  const ratios = samples.map(([x, y]) => y / x);
  return {
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    a: median(samples.map(([x]) => x)),
    b: median(samples.map(([, y]) => y)),
  };
}
