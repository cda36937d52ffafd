/** Statistics of series, in plain loops. NaN is left out. */

export function meanOf(x: ArrayLike<number>): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i])) continue;
    sum += x[i];
    count++;
  }
  return sum / count;
}

/** The mean of (x − mean)ᵏ. */
export function moment(x: ArrayLike<number>, k: number): number {
  const mean = meanOf(x);
  let [sum, count] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i])) continue;
    sum += (x[i] - mean) ** k;
    count++;
  }
  return sum / count;
}

/** The autocorrelation at `lag`. */
export function autocorrelation(x: ArrayLike<number>, lag: number): number {
  const mean = meanOf(x);
  let sum = 0;
  for (let i = lag; i < x.length; i++) {
    const product = (x[i] - mean) * (x[i - lag] - mean);
    if (!Number.isNaN(product)) sum += product;
  }
  return sum / x.length / moment(x, 2);
}

/** The series minus its moving average over `width` steps. */
export function detrended(x: ArrayLike<number>, width: number): number[] {
  const sums = [0];
  for (let i = 0; i < x.length; i++) sums.push(sums[i] + x[i]);
  return Array.from(x, (value, i) => {
    const from = Math.max(0, i - (width >> 1));
    const to = Math.min(x.length, from + width);
    return value - (sums[to] - sums[from]) / (to - from);
  });
}

export const differences = (x: ArrayLike<number>) => Array.from(x, (value, i) => value - x[i - 1]).slice(1);

export const kurtosis = (x: ArrayLike<number>) => moment(x, 4) / moment(x, 2) ** 2;

/** The part of `items` for which `holds`. */
export const shareOf = <T>(items: ArrayLike<T>, holds: (item: T, i: number) => boolean) =>
  Array.from(items).filter(holds).length / items.length;

export function median(x: ArrayLike<number>): number {
  const sorted = Array.from(x).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
