/**
 * Values that tell of a fault and not of the series: at most two, far from all others, with usual ones behind them.
 *
 *   |x − median| > 30 · mean |x − median| of the others
 *
 * They are read as missing, for one would else set the scale of all. Three are a habit of the series; one at the
 * end may be a new level: both are read as they are.
 */

const FAR = 30;
const MOST = 2;
/** Of fewer values, nothing is far. */
const LEAST_VALUES = 16;

/** Which of `values` (NaN: missing) are such. */
export function spikesOf(values: Float64Array): readonly number[] {
  if (!mayHaveSpikes(values)) return [];
  const sorted = values.filter((x) => !Number.isNaN(x)).sort();
  const median = sorted[sorted.length >> 1];
  const far = Array.from(values, (x, t) => ({ t, distance: Math.abs(x - median) }))
    .filter(({ distance }) => distance > 0)
    .sort((a, b) => b.distance - a.distance);
  for (let count = MOST; count >= 1; count--) {
    const [rest, candidates] = [far.slice(count), far.slice(0, count)];
    // Where most values are one, a few others are events and no faults.
    if (2 * rest.length < sorted.length) return [];
    const usual = rest.reduce((sum, { distance }) => sum + distance, 0) / rest.length;
    const isFault = ({ t, distance }: { t: number; distance: number }) =>
      distance > FAR * usual && t + MOST < values.length && !candidates.some((other) => other.t === t + MOST);
    if (candidates.every(isFault) && rest[0].distance <= FAR * usual) return candidates.map(({ t }) => t);
  }
  return [];
}

/** One or two values so far off take up most of the variance: so most series are told in one pass. */
function mayHaveSpikes(values: Float64Array): boolean {
  let [n, mean] = [0, 0];
  for (const x of values) {
    if (Number.isNaN(x)) continue;
    n++;
    mean += (x - mean) / n;
  }
  if (n < LEAST_VALUES) return false;
  let [squares, most] = [0, 0];
  for (const x of values) {
    if (Number.isNaN(x)) continue;
    squares += (x - mean) ** 2;
    most = Math.max(most, Math.abs(x - mean));
  }
  return most > 0.5 * Math.sqrt(squares);
}
