/**
 * Seven language models of one size, as configs that `mamba-ts train --config` takes.
 *
 * All have the width dModel, S4D aside. A block of attention or of RWKV-4 brings its own MLP and has about the
 * parameters of two Mamba blocks, so these families have half as many (Gu & Dao 2023, section 3.4). What is
 * left is made up by one knob of each family: the states of a head, the width of the MLP, the width of S4D.
 */
import { byteTokenizer } from '@mamba-ts/core/tokenize';
import type { Settings } from '../../experiment.ts';
import { nearestInSize, parametersOf, widths } from '../../parts/sameSize.ts';

export interface LanguageSettings extends Settings {
  models: readonly string[];
  /** Of each model. */
  learningRates: readonly number[];
  seeds: readonly number[];
  dModel: number;
  /** Mamba blocks, an even number. */
  nLayer: number;
  batchSize: number;
  blockSize: number;
  maxIters: number;
  warmupIters: number;
  evalEvery: number;
}

type Keys = Readonly<Record<string, unknown>>;
type Sizes = Pick<LanguageSettings, 'dModel' | 'nLayer'>;

interface Variant {
  label: string;
  /** Seconds of training, next to Mamba's. */
  work: number;
  candidates(sizes: Sizes): Keys[];
}

/** Heads of Mamba-2 and Mamba-3. */
const HEAD = 32;
const ATTENTION_HEADS = 4;

const selective = (model: string) => (sizes: Sizes) =>
  widths(16, 128, 4).map((dState) => ({ model, ...sizes, headDim: HEAD, dState }));
const attending = (more: Keys) => (sizes: Sizes) =>
  mlps('transformer', sizes).map((keys) => ({ ...keys, numHeads: ATTENTION_HEADS, ...more }));
const mlps = (model: string, { dModel, nLayer }: Sizes) =>
  widths(dModel, 8 * dModel, 4).map((dFfn) => ({ model, dModel, nLayer: nLayer / 2, dFfn }));

export const variants: Readonly<Record<string, Variant>> = {
  mamba: { label: 'Mamba', work: 1, candidates: (sizes) => [{ model: 'mamba', ...sizes }] },
  mamba2: { label: 'Mamba-2', work: 1.1, candidates: selective('mamba2') },
  mamba3: { label: 'Mamba-3', work: 1.5, candidates: selective('mamba3') },
  transformer: { label: 'Transformer, multi-head', work: 0.55, candidates: attending({}) },
  'transformer-mqa': { label: 'Transformer, multi-query', work: 0.5, candidates: attending({ numKvHeads: 1 }) },
  rwkv4: { label: 'RWKV-4', work: 0.45, candidates: (sizes) => mlps('rwkv4', sizes) },
  s4d: {
    label: 'S4D',
    work: 0.75,
    candidates: ({ dModel, nLayer }) =>
      widths(dModel, 3 * dModel, 2).map((width) => ({ model: 's4d', dModel: width, nLayer })),
  },
};

export const labelOf = (name: string): string => variants[name].label;

/** What a model's keys are, of the same size as Mamba, and its parameters. */
export function languageModel(name: string, settings: Sizes): { keys: Keys; parameters: number } {
  const complete = (keys: Keys): Keys => ({ ...keys, tieEmbeddings: true });
  const vocabSize = byteTokenizer().vocabSize;
  const sized = (names: string) =>
    variants[names]
      .candidates({ dModel: settings.dModel, nLayer: settings.nLayer })
      .map((keys) => ({ ...complete(keys), vocabSize }));
  const target = parametersOf(sized('mamba')[0]);
  const { config, parameters } = nearestInSize(target, sized(name));
  const { vocabSize: _, ...keys } = config;
  return { keys, parameters };
}

/** The options and the model's keys of a run, as in a config file. */
export function languageConfig(name: string, settings: LanguageSettings, seed: number): Keys {
  const { batchSize, blockSize, maxIters, warmupIters, evalEvery } = settings;
  const learningRate = settings.learningRates[settings.models.indexOf(name)];
  return {
    data: 'data/shakespeare.txt',
    tokenizer: 'byte',
    seed,
    ...languageModel(name, settings).keys,
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
    // Enough for all of the validation part.
    evalBatches: 1000,
  };
}
