/**
 * Augmentations of a drawn series. Each takes a draft and returns a new one, or the same one where its support does
 * not allow the change.
 *
 * Censoring, amplitude modulation and periodic spikes as in TiRex (Auer et al. 2025), most others as in TempoPFN
 * (Moroshan et al. 2025).
 */
import type { Random } from '@mamba-ts/core/random';
import { between, chance, logBetween, sign, whole } from './draw.ts';
import { noise, slowPath } from './noise.ts';
import { add, cumulated, type Draft, deviationOf, mapped, standardized } from './vector.ts';

type Change = (random: Random, draft: Draft) => Draft;

const isFree = ({ support }: Draft) => support === undefined;
const isCount = ({ support }: Draft) => support === 'counts';

/** Time that runs faster and slower by a factor of up to about 2. The result has no season. */
export const timeWarp: Change = (random, draft) => {
  if (isCount(draft)) return draft;
  const { values } = draft;
  const n = values.length;
  const speed = slowPath(random, n, n * between(random, 0.1, 0.6));
  const strength = between(random, 0.05, 0.5);
  const at = cumulated(mapped(speed, (value) => Math.exp(strength * value)));
  const scale = (n - 1) / at[n - 1];
  const warped = at.map((value) => {
    const x = value * scale;
    const i = Math.min(n - 1, Math.floor(x));
    return values[i] + (x - i) * (values[Math.min(n - 1, i + 1)] - values[i]);
  });
  return { values: warped, support: draft.support };
};

/** A gain that is linear between 1 to 4 changes, some of them sudden. */
export const amplitudeModulation: Change = (random, draft) => {
  if (isCount(draft)) return draft;
  const n = draft.values.length;
  const changes = Array.from({ length: whole(random, 1, 4) }, () => [
    n * random.uniform(),
    between(random, -0.8, 0.8),
    chance(random, 0.4) ? 1 : n * between(random, 0.05, 0.5),
  ]);
  const values = draft.values.slice();
  // Without a support, the zero is the mean.
  if (isFree(draft)) standardized(values);
  mapped(values, (value, i) => {
    let gain = 0;
    for (const [from, size, slide] of changes) gain += size * Math.min(1, Math.max(0, (i - from) / slide));
    return value * Math.exp(gain);
  });
  return { ...draft, values };
};

/** Values beyond a quantile are cut to it: sold out, saturated, below the limit of detection. */
export const censor: Change = (random, draft) => {
  const sorted = draft.values.slice().sort();
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))];
  const [cutLow, part] = [chance(random, 0.5), between(random, 0.05, 0.4)];
  const low = cutLow ? at(part) : sorted[0];
  const high = cutLow && chance(random, 0.8) ? sorted[sorted.length - 1] : at(1 - part);
  return { ...draft, values: draft.values.map((value) => Math.min(high, Math.max(low, value))) };
};

/** A moving average, with even or random weights. */
export const smooth: Change = (random, draft) => {
  if (isCount(draft)) return draft;
  const { values } = draft;
  const width = Math.round(logBetween(random, 2, Math.max(3, Math.min(48, values.length / 8))));
  const isRandom = chance(random, 0.5);
  const weights = Array.from({ length: width }, () => (isRandom ? random.uniform() : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const smoothed = values.map((_, i) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += weights[k] * values[Math.max(0, i - k)];
    return sum / total;
  });
  return { ...draft, values: smoothed };
};

/** First differences. */
export const differences: Change = (_, draft) => {
  if (!isFree(draft)) return draft;
  const { values, season } = draft;
  return { values: values.map((value, i) => value - values[i > 0 ? i - 1 : 1 % values.length]), season };
};

/** Running sums, with or without a drift. */
export const sums: Change = (random, draft) => {
  if (!isFree(draft)) return draft;
  const drift = chance(random, 0.5) ? 0 : between(random, -0.2, 0.2);
  const values = standardized(draft.values.slice());
  return { values: cumulated(mapped(values, (value) => value + drift)), season: draft.season };
};

/** The negative of a series. */
export const upsideDown: Change = (_, draft) =>
  isFree(draft) ? { ...draft, values: draft.values.map((x) => -x) } : draft;

/** The series reversed in time. */
export const backwards: Change = (_, draft) => ({ ...draft, values: draft.values.slice().reverse() });

/** A nonlinear map of the values, for long tails or short ones. */
export const bend: Change = (random, draft) => {
  if (!isFree(draft)) return draft;
  const values = standardized(draft.values.slice());
  const [kind, strength] = [random.int(3), between(random, 0.3, 1)];
  if (kind === 0) {
    const capped = mapped(values, (value) => Math.exp(strength * Math.min(8, value)));
    return { ...draft, values: capped, support: 'nonnegative' };
  }
  if (kind === 1) return { ...draft, values: mapped(values, (value) => value / (1 + strength * Math.abs(value))) };
  const softened = mapped(values, (value) => (value > 30 ? value : Math.log(1 + Math.exp(2 * value))));
  return { ...draft, values: softened, support: 'nonnegative' };
};

/** One to three shifts of the level. */
export const levelShift: Change = (random, draft) => {
  if (!isFree(draft)) return draft;
  const size = deviationOf(draft.values) * between(random, 0.5, 4);
  const values = draft.values.slice();
  for (let k = whole(random, 1, 3); k > 0; k--) {
    const [from, shift] = [random.int(values.length), size * random.normal()];
    for (let i = from; i < values.length; i++) values[i] += shift;
  }
  return { ...draft, values };
};

/** One to three shocks: a sudden change that fades, at a constant rate or after a while. */
export const shocks: Change = (random, draft) => {
  if (isCount(draft)) return draft;
  const { length: n } = draft.values;
  const size = deviationOf(draft.values) * between(random, 1, 6);
  const values = draft.values.slice();
  for (let k = whole(random, 1, 3); k > 0; k--) {
    const [from, height, stay] = [
      random.int(n),
      size * random.normal(),
      chance(random, 0.5) ? 0 : random.int(n >> 3 || 1),
    ];
    const memory = Math.exp(-1 / logBetween(random, 1, Math.max(2, n / 6)));
    let change = draft.support ? Math.max(height, -0.9 * Math.abs(values[from])) : height;
    for (let i = from; i < n; i++) {
      values[i] += change;
      if (i - from >= stay) change *= memory;
    }
  }
  return { ...draft, values: draft.support ? mapped(values, (value) => Math.max(0, value)) : values };
};

/** Adds noise. */
export const addNoise: Change = (random, draft) => {
  if (!isFree(draft)) return draft;
  const size = deviationOf(draft.values) * logBetween(random, 0.02, 0.8);
  return { ...draft, values: add(draft.values.slice(), noise(random, draft.values.length, draft.season), size) };
};

/** A spike in every period, all of about one height: inspections, backups, pay days. */
export const periodicSpikes: Change = (random, draft) => {
  if (isCount(draft)) return draft;
  const n = draft.values.length;
  const period = Math.round(logBetween(random, 5, Math.max(6, n / 4)));
  const [way, width] = [draft.support ? 1 : sign(random), whole(random, 1, Math.max(1, Math.min(4, period >> 2)))];
  const height = way * deviationOf(draft.values) * between(random, 1.5, 8);
  const [start, spread] = [random.int(period), between(random, 0, 0.3)];
  const values = draft.values.slice();
  for (let i = start; i < n; i += period) {
    const size = height * Math.exp(spread * random.normal());
    for (let k = 0; k < width && i + k < n; k++) values[i + k] += size * (1 - k / width);
  }
  return { values, season: draft.season ?? period, support: draft.support };
};

/** Measured every few steps only: held constant between, or interpolated linearly. */
export const coarse: Change = (random, draft) => {
  const { values } = draft;
  const n = values.length;
  const [width, isHeld] = [whole(random, 2, Math.max(2, Math.min(12, n >> 4))), isCount(draft) || chance(random, 0.5)];
  const made = values.map((_, i) => {
    const k = i - (i % width);
    const [low, high] = [values[k], values[Math.min(n - 1, k + width)]];
    return isHeld ? low : low + ((i - k) / width) * (high - low);
  });
  return { ...draft, values: made };
};

/** Each is applied with its own probability, so that several may be combined. */
const CHANGES: readonly { change: Change; probability: number }[] = [
  { change: timeWarp, probability: 0.03 },
  { change: differences, probability: 0.02 },
  { change: sums, probability: 0.04 },
  { change: smooth, probability: 0.05 },
  { change: coarse, probability: 0.02 },
  { change: upsideDown, probability: 0.12 },
  { change: backwards, probability: 0.04 },
  { change: bend, probability: 0.1 },
  { change: amplitudeModulation, probability: 0.12 },
  { change: levelShift, probability: 0.06 },
  { change: shocks, probability: 0.06 },
  { change: periodicSpikes, probability: 0.03 },
  { change: addNoise, probability: 0.1 },
  { change: censor, probability: 0.05 },
];

/** Applies the augmentations that are drawn. */
export function augmented(random: Random, draft: Draft): Draft {
  let changed = draft;
  for (const { change, probability } of CHANGES) {
    if (chance(random, probability)) changed = change(random, changed);
  }
  return changed;
}
