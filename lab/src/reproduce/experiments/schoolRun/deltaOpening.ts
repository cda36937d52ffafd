/** How far Mamba's steps Δ open at announcements: a large Δ writes to the state, a small one skips the input. */
import { observe } from '@mamba-ts/core/inspect';
import type { LanguageModel } from '@mamba-ts/core/models';
import { announcements, schoolRunTokens, waiting } from '../../../tasks/schoolRun.ts';

/** A layer, over the channels that react most. */
export interface LayerOpening {
  name: string;
  /** Mean Δ at announcements, at places, and while waiting, on sequences that the channels were not chosen by. */
  announced: number;
  arrived: number;
  waited: number;
  /** Δ at announcements over Δ at places or while waiting, the larger of both: the geometric mean of the channels. */
  opens: number;
  /** Mean Δ at each step of the sequence in the figure. */
  shown: number[];
}

export interface Opening {
  layers: LayerOpening[];
  /** Of the sequence in the figure. */
  tokens: number[];
}

/** Channels of each layer that are averaged. */
export const CHANNELS = 4;
const FIRST_ANNOUNCEMENT = schoolRunTokens.length - announcements.length;
const WAITING = schoolRunTokens.indexOf(waiting);
export const isAnnouncement = (token: number): boolean => token >= FIRST_ANNOUNCEMENT;
const kindOf = (token: number) => (isAnnouncement(token) ? 'announced' : token === WAITING ? 'waited' : 'arrived');

/**
 * The first half of the sequences chooses the channels, the second half measures them. The figure shows the sequence of
 * the second half with the most announcements.
 */
export function openingOf(model: LanguageModel, sequences: readonly Int32Array[]): Opening {
  const half = Math.ceil(sequences.length / 2);
  const [choosing, measuring] = [sequences.slice(0, half), sequences.slice(half)];
  const announcementsIn = (symbols: Int32Array) => symbols.filter(isAnnouncement).length;
  const shown = measuring.reduce(
    (best, one) => (announcementsIn(one) > announcementsIn(best) ? one : best),
    measuring[0] ?? choosing[0],
  );
  const tokens = [...shown].slice(0, -1);
  const chosen = meansByKind(model, choosing);
  const measured = meansByKind(model, measuring.length > 0 ? measuring : choosing);
  const steps = deltasOf(model, shown);
  const layers = Object.keys(chosen).map((name) => {
    const reaction = reactionOf(chosen[name]);
    const channels = reaction.map((_, c) => c).sort((a, b) => reaction[b] - reaction[a]);
    const most = channels.slice(0, CHANNELS);
    const over = (means: ArrayLike<number>, from = 0) => most.reduce((sum, c) => sum + means[from + c], 0) / CHANNELS;
    const { data, width } = steps[name];
    const reacted = reactionOf(measured[name]);
    return {
      name,
      announced: over(measured[name].announced),
      arrived: over(measured[name].arrived),
      waited: over(measured[name].waited),
      opens: Math.exp(over(reacted.map(Math.log))),
      shown: tokens.map((_, t) => Number(over(data, t * width).toPrecision(4))),
    };
  });
  return { layers, tokens };
}

type Kinds = Record<ReturnType<typeof kindOf>, number[]>;

const reactionOf = ({ announced, arrived, waited }: Kinds): number[] =>
  announced.map((at, c) => at / Math.max(arrived[c], waited[c]));

/** By layer: the mean Δ of each channel at each kind of token. */
function meansByKind(model: LanguageModel, sequences: readonly Int32Array[]): Record<string, Kinds> {
  const sums: Record<string, Kinds> = {};
  const counts = { announced: 0, arrived: 0, waited: 0 };
  for (const sequence of sequences) {
    const tokens = sequence.subarray(0, -1);
    for (const token of tokens) counts[kindOf(token)]++;
    for (const [name, { data, width }] of Object.entries(deltasOf(model, sequence))) {
      const none = () => new Array<number>(width).fill(0);
      sums[name] ??= { announced: none(), arrived: none(), waited: none() };
      tokens.forEach((token, t) => {
        const sum = sums[name][kindOf(token)];
        for (let c = 0; c < width; c++) sum[c] += data[t * width + c];
      });
    }
  }
  for (const kinds of Object.values(sums)) {
    for (const kind of ['announced', 'arrived', 'waited'] as const) {
      kinds[kind] = kinds[kind].map((sum) => sum / Math.max(1, counts[kind]));
    }
  }
  return sums;
}

/** By layer: Δ after softplus, (L, width). */
function deltasOf(model: LanguageModel, symbols: Int32Array) {
  const L = symbols.length - 1;
  const read = () => void model.forward({ tokens: symbols.slice(0, L), B: 1, L });
  const { values } = observe(read, (name) => name.endsWith('.delta'));
  return Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }], i) => [
      `layer ${i + 1}`,
      { data, width: shape[2] ?? 0, name },
    ]),
  );
}
