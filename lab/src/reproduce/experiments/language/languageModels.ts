/**
 * Seven language models of one size, as configs of `mamba-ts train --config`.
 *
 * All but S4D have the width dModel. A block of attention or of RWKV-4 has its own MLP and about the parameters of two
 * Mamba blocks, so these families have half as many blocks (Gu & Dao 2023, section 3.4). The sizes are then matched by
 * one value of each family: the states of a head, the width of the MLP, or the width of S4D.
 */
import { byteTokenizer } from '@mamba-ts/core/tokenize';
import { type Config, nearestInSize, parametersOf, widths } from '../../parts/models.ts';

interface Sizes {
  dModel: number;
  /** Mamba blocks, an even number. */
  nLayer: number;
}

interface ComparedModel {
  name: string;
  /** Seconds of training, next to Mamba's. */
  work: number;
  /** Configs of different sizes. */
  candidates(sizes: Sizes): Config[];
}

/** Channels of a head of Mamba-2 and Mamba-3. */
const HEAD_DIM = 32;
const ATTENTION_HEADS = 4;

const selective = (model: string) => (sizes: Sizes) =>
  widths(16, 128, 4).map((dState) => ({ model, ...sizes, headDim: HEAD_DIM, dState }));
const attending = (more: Config) => (sizes: Sizes) =>
  mlps('transformer', sizes).map((keys) => ({ ...keys, numHeads: ATTENTION_HEADS, ...more }));
const mlps = (model: string, { dModel, nLayer }: Sizes) =>
  widths(dModel, 8 * dModel, 4).map((dFfn) => ({ model, dModel, nLayer: nLayer / 2, dFfn }));

export const languageModels = {
  mamba: { name: 'Mamba', work: 1, candidates: (sizes) => [{ model: 'mamba', ...sizes }] },
  mamba2: { name: 'Mamba-2', work: 1.1, candidates: selective('mamba2') },
  mamba3: { name: 'Mamba-3', work: 1.5, candidates: selective('mamba3') },
  transformer: { name: 'Transformer, multi-head', work: 0.55, candidates: attending({}) },
  'transformer-mqa': { name: 'Transformer, multi-query', work: 0.5, candidates: attending({ numKvHeads: 1 }) },
  rwkv4: { name: 'RWKV-4', work: 0.45, candidates: (sizes) => mlps('rwkv4', sizes) },
  s4d: {
    name: 'S4D',
    work: 0.75,
    candidates: ({ dModel, nLayer }) =>
      widths(dModel, 3 * dModel, 2).map((width) => ({ model: 's4d', dModel: width, nLayer })),
  },
} satisfies Record<string, ComparedModel>;
export type LanguageModelName = keyof typeof languageModels;

/** The config of a model of Mamba's size, and its parameters. */
export function languageModel(
  name: LanguageModelName,
  { dModel, nLayer }: Sizes,
): { config: Config; parameters: number } {
  const { vocabSize } = byteTokenizer();
  const candidatesOf = (model: LanguageModelName) =>
    languageModels[model]
      .candidates({ dModel, nLayer })
      .map((config) => ({ ...config, tieEmbeddings: true, vocabSize }));
  const [mamba] = candidatesOf('mamba');
  const { config, parameters } = nearestInSize(parametersOf(mamba), candidatesOf(name));
  const { vocabSize: _, ...own } = config;
  return { config: own, parameters };
}

/** The settings that a run's config depends on. */
export interface TrainingSettings extends Sizes {
  models: readonly LanguageModelName[];
  /** One for each model. */
  learningRates: readonly number[];
  batchSize: number;
  blockSize: number;
  maxIters: number;
  warmupIters: number;
  evalEvery: number;
}

/** The options and the model of a run, as in a config file. */
export function languageConfig(name: LanguageModelName, settings: TrainingSettings, seed: number): Config {
  const { batchSize, blockSize, maxIters, warmupIters, evalEvery } = settings;
  const learningRate = settings.learningRates[settings.models.indexOf(name)];
  return {
    data: 'packages/mamba-ts/data/shakespeare.txt',
    tokenizer: 'byte',
    seed,
    ...languageModel(name, settings).config,
    batchSize,
    blockSize,
    maxIters,
    learningRate,
    minLearningRate: Number((learningRate / 20).toPrecision(6)),
    schedule: 'cosine',
    warmupIters,
    weightDecay: 0.1,
    validationFraction: 0.1,
    evalEvery,
    // Enough for the whole validation part.
    evalBatches: 1000,
  };
}
