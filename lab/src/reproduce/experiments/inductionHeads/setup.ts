/** Which models recall, and with what settings. */
import type { Settings } from '../../experiment.ts';
import type { Recalled } from './recall.ts';

export interface InductionSettings extends Settings {
  variants: readonly string[];
  seeds: readonly number[];
  /** Steps of the longest rows that are learnt from. */
  train: number;
  /** Steps of the longest rows that are tested, and of those that attention is asked to read. */
  longest: number;
  longestAttention: number;
  /** Of a test, each read to the longest length. */
  rows: number;
  vocab: number;
  dModel: number;
  dState: number;
  updates: number;
  /** Of attention. */
  updatesAttention: number;
  /** Of an update. */
  tokens: number;
  learningRate: number;
  weightDecay: number;
}

export interface InductionResult extends Recalled {
  /** Accuracy at the length of the training. */
  learning: { iter: number; loss: number; accuracy: number }[];
}

export interface Variant {
  name: string;
  /** Whether it reads on from a state of fixed size. */
  recurrent: boolean;
  config(settings: InductionSettings): Readonly<Record<string, unknown>>;
}

export const LAYERS = 2;
const HEADS = 2;

export const variants: Readonly<Record<string, Variant>> = {
  mamba: {
    name: 'Mamba',
    recurrent: true,
    config: ({ dState }) => ({ model: 'mamba', dState, dtRank: 16, dtMin: 1e-8, dtMax: 1e-8, dtInitFloor: 1e-8 }),
  },
  mamba2: { name: 'Mamba-2', recurrent: true, config: ({ dState }) => ({ model: 'mamba2', dState, headDim: 16 }) },
  mamba3: { name: 'Mamba-3', recurrent: true, config: ({ dState }) => ({ model: 'mamba3', dState, headDim: 16 }) },
  h3: { name: 'H3', recurrent: true, config: ({ dState }) => ({ model: 'h3', dState }) },
  rope: {
    name: 'attention, rotary',
    recurrent: false,
    config: ({ longestAttention }) => ({ model: 'transformer', numHeads: HEADS, maxLength: longestAttention }),
  },
  nope: {
    name: 'attention, no positions',
    recurrent: false,
    config: ({ dModel }) => ({
      model: 'hybrid',
      mixers: ['attention'],
      settings: { attention: { numHeads: HEADS } },
      dIntermediate: 2 * dModel,
    }),
  },
};

export const runId = (variant: string, seed: number) => `${variant}-seed${seed}`;
