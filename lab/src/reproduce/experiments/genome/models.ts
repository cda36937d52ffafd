/** The models of the genome: their settings, names and configs, all of about the size of Mamba. */
import { dnaTokenizer } from '@mamba-ts/core/tokenize';
import type { Settings } from '../../experiment.ts';
import { nearestInSize, parametersOf, widths } from '../../parts/sameSize.ts';

export interface GenomeSettings extends Settings {
  models: readonly string[];
  /** Of each model. */
  learningRates: readonly number[];
  seeds: readonly number[];
  /** Mamba's. */
  dModel: number;
  nLayer: number;
  /** Bases that a query of the Transformer sees. */
  window: number;
  /** The shortest step that a state space model starts with: 1 / dtMin bases are what it remembers. */
  dtMin: number;
  batchSize: number;
  blockSize: number;
  /** Bases of the longest read. */
  longest: number;
  maxIters: number;
  warmupIters: number;
  /** Bases of the end that no model learns from. */
  heldOut: number;
  /** Bases of the end that are scored. */
  scored: number;
  /** Bases before a scored one. */
  contexts: readonly number[];
  /** Orders of the Markov models. */
  orders: readonly number[];
}

type Keys = Readonly<Record<string, unknown>>;

const ATTENTION_HEADS = 4;
/** The run that counts. */
export const MARKOV = 'markov';

export const genomeLabels: Readonly<Record<string, string>> = {
  mamba: 'Mamba',
  hybrid: 'S4D, then Mamba',
  s4d: 'S4D',
  transformer: 'Transformer',
  [MARKOV]: 'Markov models, mixed',
};

/** The config of a model, of about as many parameters as Mamba's. */
export function genomeModel(name: string, settings: GenomeSettings): { config: Keys; parameters: number } {
  const { dModel, nLayer, window, dtMin } = settings;
  const common = { nLayer, tieEmbeddings: true, vocabSize: dnaTokenizer().vocabSize };
  const mamba = { model: 'mamba', dModel, dtMin, dtInitFloor: dtMin, ...common };
  const candidates: Readonly<Record<string, () => Keys[]>> = {
    mamba: () => [mamba],
    hybrid: () =>
      widths(dModel, 2 * dModel, 2).map((width) => ({
        ...{ model: 'hybrid', mixers: ['s4d', 'mamba'], dModel: width },
        settings: { s4d: { dtMin }, mamba: { dtMin, dtInitFloor: dtMin } },
        ...common,
      })),
    s4d: () => widths(dModel, 3 * dModel, 2).map((width) => ({ model: 's4d', dModel: width, dtMin, ...common })),
    transformer: () =>
      widths(16, 4 * dModel, 2).map((dFfn) => ({
        model: 'transformer',
        dModel,
        dFfn,
        numHeads: ATTENTION_HEADS,
        window,
        padVocabSizeMultiple: 8,
        ...common,
      })),
  };
  return nearestInSize(parametersOf(mamba), candidates[name]());
}
