/** The models of the genome, all of about the size of Mamba. */
import { dnaTokenizer } from '@mamba-ts/core/tokenize';
import { type Config, nearestInSize, parametersOf, widths } from '../../parts/models.ts';

export const genomeModels = {
  mamba: 'Mamba',
  hybrid: 'S4D, then Mamba',
  s4d: 'S4D',
  transformer: 'Transformer',
} as const;
export type GenomeModel = keyof typeof genomeModels;

const ATTENTION_HEADS = 4;

interface Sizes {
  /** Those of Mamba. */
  dModel: number;
  nLayer: number;
  /** Bases that a query of the Transformer sees. */
  window: number;
  /** The shortest step Δ that a state space model starts with: it remembers about 1 / dtMin bases. */
  dtMin: number;
}

/** The config of a model with about as many parameters as Mamba. */
export function genomeConfig(
  model: GenomeModel,
  { dModel, nLayer, window, dtMin }: Sizes,
): { config: Config; parameters: number } {
  const common = { nLayer, tieEmbeddings: true, vocabSize: dnaTokenizer().vocabSize };
  const mamba = { model: 'mamba', dModel, dtMin, dtInitFloor: dtMin, ...common };
  const candidates: Readonly<Record<GenomeModel, () => Config[]>> = {
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
  return nearestInSize(parametersOf(mamba), candidates[model]());
}
