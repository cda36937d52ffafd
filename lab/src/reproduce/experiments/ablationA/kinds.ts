/** What the ablation of A compares. */
import type { Variant } from '../../parts/ablations/compared.ts';
import type { TaskSettings } from '../../parts/ablations/tasks.ts';

export interface AblationASettings extends TaskSettings {
  /** Of the variants in their order: the ranks of the maps that make Δ and A, 0 where these are not selective. */
  deltaRanks: readonly number[];
  aRanks: readonly number[];
}

export interface Kind {
  readonly id: string;
  readonly name: string;
  readonly selects: string;
  readonly deltaPerState?: boolean;
}

/** The first is what the others are compared with. */
export const kinds: readonly Kind[] = [
  { id: 's6', name: 'S6: Δ of channels', selects: 'delta,B,C' },
  { id: 'a', name: 'A in place of Δ', selects: 'A,B,C' },
  { id: 'a-delta', name: 'A and Δ', selects: 'A,delta,B,C' },
  { id: 'per-state', name: 'Δ of states', selects: 'delta,B,C', deltaPerState: true },
  { id: 'both', name: 'A and Δ of states', selects: 'A,delta,B,C', deltaPerState: true },
];

/** Parameters may differ by so much of those of S6. */
export const ALLOWED = 0.02;

export const variantOf = (kind: Kind, settings: AblationASettings): Variant => {
  const i = kinds.indexOf(kind);
  const { selects, deltaPerState = false } = kind;
  const [dtRank, aRank] = [settings.deltaRanks[i], settings.aRanks[i]];
  return {
    id: kind.id,
    name: kind.name,
    config: { selects, deltaPerState, ...(dtRank > 0 && { dtRank }), ...(aRank > 0 && { aRank }) },
    work: i === 0 ? 1 : 1.7,
  };
};
