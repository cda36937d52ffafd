/**
 * Ratios of times, measured in turns: A B A B …, so that what slows the machine for a while slows both.
 *
 *   const { ratio } = await inTurns(() => ours(), () => theirs(), { pairs: 9, seconds: 0.05 });
 */

/** The time of one `run`, in seconds: the mean over as many as fill `seconds`. */
function repeated(run, count) {
  return async () => {
    const begun = performance.now();
    for (let i = 0; i < count; i++) {
      const result = run();
      if (result instanceof Promise) await result;
    }
    return (performance.now() - begun) / 1000 / count;
  };
}

/** Runs for so long that a JavaScript engine has compiled what it will compile. */
export async function warmUp(run, seconds) {
  const end = performance.now() + 1000 * seconds;
  do await repeated(run, 1)();
  while (performance.now() < end);
}

/** How many runs fill `seconds`, found by running. */
async function countFor(run, seconds) {
  for (let count = 1; ; ) {
    const total = (await repeated(run, count)()) * count;
    if (total >= seconds / 2) return Math.max(1, Math.round((count * seconds) / total));
    count = Math.max(count + 1, Math.ceil(Math.min(10, (0.7 * seconds) / Math.max(total, 1e-6)) * count));
  }
}

/**
 * Median over pairs of time(b) / time(a): how many times faster `a` is. A side that takes its own time
 * is given as { seconds: async () => … } and runs once a turn.
 */
export async function inTurns(a, b, { pairs, seconds, warm = 0.3 }) {
  const timers = [];
  for (const side of [a, b]) {
    if (typeof side === 'function') {
      await warmUp(side, warm);
      timers.push(repeated(side, await countFor(side, seconds)));
    } else {
      await side.seconds();
      timers.push(side.seconds);
    }
  }
  const samples = [];
  for (let i = 0; i < pairs; i++) samples.push([await timers[0](), await timers[1]()]);
  const ratios = samples.map(([x, y]) => y / x);
  return {
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
    a: median(samples.map(([x]) => x)),
    b: median(samples.map(([, y]) => y)),
    samples,
  };
}

export function median(values) {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
