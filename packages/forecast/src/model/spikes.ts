/**
 * Spikes: at most two values that are faults of measurement, far from all others and followed by usual ones.
 *
 *   |x − median| > 30 · mean |x − median| of the others
 *
 * They are read as missing, because a single one would set the scale of the whole series. Three or more are taken
 * for a feature of the series, and one at the end may be a new level: both are read as they are.
 */

/** Distance from the median, in mean distances of the other values, beyond which a value is a spike. */
const SPIKE_DISTANCE = 30;
const MAX_SPIKES = 2;
/** Shorter series have no spikes. */
const MIN_VALUES = 16;

/** The indices of the spikes in `values`, which are NaN where missing. */
export function spikesOf(values: Float64Array): readonly number[] {
  if (!mayHaveSpikes(values)) return [];
  const sorted = values.filter((x) => !Number.isNaN(x)).sort();
  const median = sorted[sorted.length >> 1];
  const deviating = Array.from(values, (x, t) => ({ t, distance: Math.abs(x - median) }))
    .filter(({ distance }) => distance > 0)
    .sort((a, b) => b.distance - a.distance);
  for (let count = MAX_SPIKES; count >= 1; count--) {
    const [rest, candidates] = [deviating.slice(count), deviating.slice(0, count)];
    // Where most values are equal, the few that differ are events, not faults.
    if (2 * rest.length < sorted.length) return [];
    const usual = rest.reduce((sum, { distance }) => sum + distance, 0) / rest.length;
    const isFault = ({ t, distance }: { t: number; distance: number }) =>
      distance > SPIKE_DISTANCE * usual &&
      t + MAX_SPIKES < values.length &&
      !candidates.some((other) => other.t === t + MAX_SPIKES);
    if (candidates.every(isFault) && rest[0].distance <= SPIKE_DISTANCE * usual) return candidates.map(({ t }) => t);
  }
  return [];
}

/** Spikes make up most of the variance, so one pass without sorting rules them out for most series. */
function mayHaveSpikes(values: Float64Array): boolean {
  let [n, mean] = [0, 0];
  for (const x of values) {
    if (Number.isNaN(x)) continue;
    n++;
    mean += (x - mean) / n;
  }
  if (n < MIN_VALUES) return false;
  let [squares, largest] = [0, 0];
  for (const x of values) {
    if (Number.isNaN(x)) continue;
    squares += (x - mean) ** 2;
    largest = Math.max(largest, Math.abs(x - mean));
  }
  return largest > 0.5 * Math.sqrt(squares);
}
