/** The classical means of intermittent demand, to compare with: Croston 1972, SBA (Syntetos & Boylan 2005), TSB 2011. */

/** Sizes and intervals, smoothed at each demand. */
export function croston(values: readonly number[], alpha = 0.1): number {
  let [size, interval, since] = [Number.NaN, Number.NaN, 1];
  for (const x of values) {
    if (x === 0) {
      since++;
      continue;
    }
    size = Number.isNaN(size) ? x : size + alpha * (x - size);
    interval = Number.isNaN(interval) ? since : interval + alpha * (since - interval);
    since = 1;
  }
  return Number.isNaN(size) ? 0 : size / interval;
}

export const sba = (values: readonly number[], alpha = 0.1): number => (1 - alpha / 2) * croston(values, alpha);

/** The chance of demand smoothed at each step, its size at each demand. */
export function tsb(values: readonly number[], alpha = 0.1, beta = 0.05): number {
  const demands = values.filter((x) => x !== 0);
  let [size, chance] = [demands[0] ?? 0, demands.length / values.length];
  for (const x of values) {
    chance += beta * (Number(x !== 0) - chance);
    if (x !== 0) size += alpha * (x - size);
  }
  return chance * size;
}
