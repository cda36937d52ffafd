/** What the ablation of A compares. */
import type { Compared } from '../../parts/ablations/ablation.ts';

/** S6 is what the others are compared with. */
export const selections = {
  s6: { name: 'S6: Δ of channels', selects: 'delta,B,C', deltaPerState: false },
  a: { name: 'A in place of Δ', selects: 'A,B,C', deltaPerState: false },
  'a-delta': { name: 'A and Δ', selects: 'A,delta,B,C', deltaPerState: false },
  'per-state': { name: 'Δ of states', selects: 'delta,B,C', deltaPerState: true },
  both: { name: 'A and Δ of states', selects: 'A,delta,B,C', deltaPerState: true },
} as const;
export type Selection = keyof typeof selections;

export const selectionKeys = Object.keys(selections) as Selection[];
/** All but S6. */
export const otherKeys = selectionKeys.slice(1);

export interface Selecting extends Compared {
  key: Selection;
}

/** The part by which parameters may differ from those of S6. */
export const ALLOWED_DIFFERENCE = 0.02;
