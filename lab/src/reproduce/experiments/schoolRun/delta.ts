/** How far Mamba's steps Δ open at announcements: what is written to the state, and what passes by it. */
import { observe } from '@mamba-ts/core/inspect';
import type { LanguageModel } from '@mamba-ts/core/models';
import { announcements, schoolRunTokens, waiting } from '../../../tasks/schoolRun.ts';

/** One layer, over the channels that react most. */
export interface LayerOpening {
  name: string;
  /** Mean Δ at announcements, at places, and while waiting, on sequences that did not choose the channels. */
  announced: number;
  arrived: number;
  waited: number;
  /** Δ at announcements to Δ at places or waiting, whichever is more: the channels' geometric mean. */
  opens: number;
  /** Mean Δ at each step of the sequence that is shown. */
  shown: number[];
}

export interface Opening {
  layers: LayerOpening[];
  /** Of the sequence that is shown. */
  tokens: number[];
}

/** Channels that are shown of each layer. */
export const CHANNELS = 4;
const ANNOUNCED = schoolRunTokens.length - announcements.length;
const WAITING = schoolRunTokens.indexOf(waiting);
export const isAnnouncement = (token: number): boolean => token >= ANNOUNCED;
const kindOf = (token: number) => (isAnnouncement(token) ? 'announced' : token === WAITING ? 'waited' : 'arrived');

/** The first half of the sequences chooses the channels, the second says how they react; its liveliest is shown. */
export function openingOf(model: LanguageModel, sequences: readonly Int32Array[]): Opening {
  const half = Math.ceil(sequences.length / 2);
  const [choosing, telling] = [sequences.slice(0, half), sequences.slice(half)];
  const news = (symbols: Int32Array) => symbols.filter(isAnnouncement).length;
  const shown = telling.reduce((best, one) => (news(one) > news(best) ? one : best), telling[0] ?? choosing[0]);
  const tokens = [...shown].slice(0, -1);
  const chosen = meansByKind(model, choosing);
  const told = meansByKind(model, telling.length > 0 ? telling : choosing);
  const steps = deltasOf(model, shown);
  const layers = Object.keys(chosen).map((name) => {
    const reaction = reactionOf(chosen[name]);
    const channels = reaction.map((_, c) => c).sort((a, b) => reaction[b] - reaction[a]);
    const most = channels.slice(0, CHANNELS);
    const over = (means: ArrayLike<number>, from = 0) => most.reduce((sum, c) => sum + means[from + c], 0) / CHANNELS;
    const { data, width } = steps[name];
    const reacted = reactionOf(told[name]);
    return {
      name,
      announced: over(told[name].announced),
      arrived: over(told[name].arrived),
      waited: over(told[name].waited),
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
