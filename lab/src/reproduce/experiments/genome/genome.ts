/**
 * A bacterial genome, base by base: what do more bases before a base say about it?
 *
 * Small models are trained on the first part of the genome, in reads of many lengths on both strands. Then the same
 * bases of the held-out last part are scored with 256 to 65,536 bases before each. One model also reads the whole
 * genome in one pass.
 */
import { prepareTokens } from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';
import { mean } from '@mamba-ts/core/math';
import { field, type ValuesOf } from '@mamba-ts/core/schema';
import { dnaTokenizer } from '@mamba-ts/core/tokenize';
import { defineExperiment, type RunContext } from '../../experiment.ts';
import { learn } from '../../parts/learn.ts';
import { newModel } from '../../parts/models.ts';
import { countField, namesField, rateField, seedsField } from '../../settings.ts';
import { bitsWithContext, readThrough } from './bits.ts';
import { genomeConfig, genomeModels } from './genomeModels.ts';
import {
  type GenomeResult,
  type GenomeVariant,
  genomeReport,
  MARKOV,
  markovName,
  type Trained,
} from './genomeReport.ts';
import { MAX_ORDER, markovBits } from './markovMixture.ts';
import { readsTask } from './reads.ts';

/** Bases of a piece: bases within it depend on each other, but means of pieces are nearly independent. */
const PIECE = 2048;
/** The context of a window, in windows: a window scores a quarter of the bases that its first base has before it. */
const CONTEXT_WINDOWS = 4;
/** Learning rate of the weights of the Markov mixture. */
const MARKOV_RATE = 0.002;

const fields = {
  models: namesField(genomeModels, ['hybrid', 'mamba', 's4d', 'transformer']),
  /** One for each model. */
  learningRates: field.list(field.number({ min: 0, open: true }), { default: [8e-3, 4e-3, 8e-3, 3e-3] }),
  seeds: seedsField([1, 2]),
  dModel: countField(64),
  nLayer: countField(2),
  window: countField(512),
  dtMin: rateField(1e-4),
  batchSize: countField(2),
  blockSize: countField(1024),
  /** Bases of the longest training read. */
  longest: countField(65_536),
  maxIters: countField(5000),
  warmupIters: countField(50),
  /** Bases at the end that no model is trained on, and those of them that are scored. */
  heldOut: countField(104_000),
  scored: countField(98_304),
  /** Bases before a scored base, at least. */
  contexts: field.list(field.whole({ min: 1 }), { default: [256, 1024, 4096, 16_384, 65_536] }),
  /** Orders of the Markov models. */
  orders: field.list(field.whole({ min: 0, max: MAX_ORDER }), { default: [1, 2, 3, 4, 6, 8, 10, 11, 12, 16, 20] }),
};

type GenomeSettings = ValuesOf<typeof fields>;

export const genome = defineExperiment({
  name: 'genome',
  fields,
  quick: {
    ...{ seeds: [1], dModel: 32, window: 128, dtMin: 1e-3, blockSize: 256, longest: 4096 },
    ...{ maxIters: 400, warmupIters: 10, scored: 16_384, contexts: [64, 256, 1024], orders: [2, 4, 8, 11] },
  },
  variants(settings): GenomeVariant[] {
    requireFitting(settings);
    const { models, seeds } = settings;
    const trained = seeds.flatMap((seed) =>
      models.map((model) => ({ model, seed, readsAll: model === models[0] && seed === seeds[0] })),
    );
    return [{ model: MARKOV }, ...trained];
  },
  id: (variant) => (variant.model === MARKOV ? MARKOV : `${variant.model}-${variant.seed}`),
  label: (variant) => (variant.model === MARKOV ? markovName : `${genomeModels[variant.model]}, seed ${variant.seed}`),
  work: ({ model }) => (model === MARKOV ? 0.05 : 1),
  async run(variant, settings, context): Promise<GenomeResult> {
    const bases = await basesOf(await context.data('chlamydia-trachomatis.fasta.gz'));
    return variant.model === MARKOV ? countedRun(bases, settings) : trainedRun(variant, bases, settings, context);
  },
  report: genomeReport,
});

function requireFitting({ models, learningRates, heldOut, scored, contexts }: GenomeSettings): void {
  if (learningRates.length !== models.length) {
    throw new UsageError(
      'genome',
      `${learningRates.length} learningRates for ${models.length} models, expected one for each, in their order.`,
    );
  }
  if (!contexts.every((context, i) => i === 0 || context > contexts[i - 1])) {
    throw new UsageError('genome', `contexts are ${contexts}, expected each longer than the one before.`);
  }
  const windows = contexts.map((context) => context / CONTEXT_WINDOWS);
  if (contexts.length < 2 || !windows.every((window) => scored % window === 0) || scored % PIECE !== 0) {
    throw new UsageError(
      'genome',
      `scored is ${scored} with contexts ${contexts}, expected at least two contexts, and a multiple of ${PIECE} and ` +
        `of a quarter of each context. Use powers of two.`,
    );
  }
  if (!(scored <= heldOut)) {
    throw new UsageError(
      'genome',
      `scored is ${scored}, expected at most heldOut = ${heldOut}: the other bases are for training.`,
    );
  }
}

function countedRun(bases: Int32Array, { orders, scored }: GenomeSettings): GenomeResult {
  const bits = markovBits(bases, { orders, rate: MARKOV_RATE });
  return { pieces: [meansOfPieces(bits.subarray(bases.length - scored))] };
}

async function trainedRun(
  { model: name, seed, readsAll }: Trained,
  bases: Int32Array,
  settings: GenomeSettings,
  context: RunContext,
): Promise<GenomeResult> {
  const { batchSize, blockSize, maxIters, warmupIters, longest, contexts } = settings;
  const learningRate = settings.learningRates[settings.models.indexOf(name)];
  const { config, parameters } = genomeConfig(name, settings);
  const model = await newModel(config, context, seed);
  const { seconds } = await learn(context, {
    model,
    data: readsTask(model, bases.slice(0, bases.length - settings.heldOut), longest),
    options: {
      ...{ batchSize, blockSize, maxIters, warmupIters, learningRate, seed },
      minLearningRate: learningRate / 20,
      carryState: true,
    },
    share: [0, 0.85],
  });
  const pieces: number[][] = [];
  for (const [i, length] of contexts.entries()) {
    const stride = length / CONTEXT_WINDOWS;
    const scored = { begin: bases.length - settings.scored, end: bases.length, context: length, stride };
    pieces.push(meansOfPieces(await bitsWithContext(model, bases, scored)));
    context.progress(0.85 + (0.1 * (i + 1)) / contexts.length, `${length} bases before each`);
  }
  return { pieces, parameters, seconds, ...(readsAll && { pass: await readThrough(model, bases) }) };
}

async function basesOf(path: string): Promise<Int32Array> {
  const store = await prepareTokens(path, dnaTokenizer());
  const bases = await store.read(0, store.length);
  await store.close();
  return bases;
}

/** Rounded to the digits that are known. */
const meansOfPieces = (bits: Float64Array): number[] =>
  Array.from({ length: bits.length / PIECE }, (_, i) =>
    Number(mean(bits.subarray(i * PIECE, (i + 1) * PIECE)).toFixed(6)),
  );
