/** The models of the experiment, its variants and what their runs give. */
import type { Recalled } from './recallTest.ts';

export interface InductionVariant {
  model: InductionModel;
  seed: number;
}

export interface InductionResult extends Recalled {
  /** Accuracy at the training length. */
  learning: { iter: number; loss: number; accuracy: number }[];
}

/** The settings that a model's config depends on. */
interface ModelSizes {
  dModel: number;
  dState: number;
  longestAttention: number;
}

interface ModelOfInduction {
  name: string;
  /** Whether it reads from a state of fixed size. */
  recurrent: boolean;
  config(sizes: ModelSizes): Readonly<Record<string, unknown>>;
}

export const LAYERS = 2;
const HEADS = 2;

export const inductionModels = {
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
} satisfies Record<string, ModelOfInduction>;

export type InductionModel = keyof typeof inductionModels;
