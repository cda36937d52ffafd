/** Copying from places that differ from row to row: table 1 of the Mamba paper, small. */
import { Random } from '@mamba-ts/core/random';
import type { ValuesOf } from '@mamba-ts/core/schema';
import { copying } from '../../../tasks/copying.ts';
import { defineExperiment, type RunContext } from '../../experiment.ts';
import { accuracy, CHECK_EVERY, Curriculum, drawnTokenTask, inBatches } from '../../parts/drawnTask.ts';
import { learn } from '../../parts/learn.ts';
import { newModel } from '../../parts/models.ts';
import { countField, namesField, rateField, seedsField } from '../../settings.ts';
import {
  type CopyingModel,
  type CopyingResult,
  type CopyingVariant,
  copyingModels,
  copyingReport,
  kindNames,
  kinds,
} from './selectiveCopyingReport.ts';

/** States of a channel of S4, as its authors have it: 16 states cannot delay 8 symbols. */
const S4_STATES = 64;

const configs: Readonly<Record<CopyingModel, Readonly<Record<string, unknown>>>> = {
  s4: { model: 's4', dState: S4_STATES },
  'h3-s4': { model: 'h3', inner: 's4', dState: S4_STATES },
  'h3-s6': { model: 'h3', inner: 'selective' },
  'mamba-s4': { model: 'mamba', inner: 's4', dState: S4_STATES },
  mamba: { model: 'mamba' },
};

const LAYERS = 2;
/** Accuracy at which nothing is left to learn. */
const SOLVED = 0.999;
/** Accuracy at which training rows get one more symbol. */
const MASTERED = 0.9;
/** Symbols of the shortest training rows. */
const FEWEST_SYMBOLS = 2;

const fields = {
  /** The models of selective copying, and those of plain copying. */
  selective: namesField(copyingModels, ['s4', 'h3-s4', 'mamba-s4', 'h3-s6', 'mamba']),
  plain: namesField(copyingModels, ['s4', 'h3-s4', 'mamba-s4', 'mamba']),
  seeds: seedsField([1]),
  /** Steps before the answers, symbols among them, and tokens of the vocabulary. */
  context: countField(128),
  symbols: countField(8, FEWEST_SYMBOLS),
  vocab: countField(16),
  dModel: countField(64),
  dState: countField(16),
  updates: countField(2500),
  batch: countField(32),
  learningRate: rateField(3e-3),
  /** Test rows. */
  rows: countField(512),
};

type CopyingSettings = ValuesOf<typeof fields>;

export const selectiveCopying = defineExperiment({
  name: 'selective-copying',
  fields,
  quick: {
    ...{ selective: ['s4', 'mamba'], plain: ['s4', 'mamba'], context: 16, symbols: 3, vocab: 8, dModel: 32, dState: 8 },
    ...{ updates: 600, batch: 16, learningRate: 4e-3, rows: 64 },
  },
  variants(settings): CopyingVariant[] {
    // Refuses sizes that do not fit each other, before anything is trained.
    copying(new Random(0), { ...settings, B: 1, selective: true });
    return kinds.flatMap((kind) =>
      settings[kind].flatMap((model) => settings.seeds.map((seed) => ({ kind, model, seed }))),
    );
  },
  id: ({ kind, model, seed }) => `${kind}-${model}-seed${seed}`,
  label: ({ kind, model, seed }) => `${kindNames[kind].toLowerCase()}, ${copyingModels[model].name}, seed ${seed}`,
  work: ({ kind }) => (kind === 'plain' ? 0.5 : 1),
  run,
  report: copyingReport,
});

async function run(
  { kind, model: name, seed }: CopyingVariant,
  settings: CopyingSettings,
  context: RunContext,
): Promise<CopyingResult> {
  const { vocab, dModel, dState, updates, batch, learningRate, rows } = settings;
  const shape = { vocabSize: vocab, dModel, dState, nLayer: LAYERS, ...configs[name] };
  const model = await newModel(shape, context, seed);
  // Fixed places have a fixed delay, which rows of another length would unlearn: plain rows are all of full length.
  const curriculum = new Curriculum(kind === 'plain' ? settings.symbols : FEWEST_SYMBOLS, settings.symbols, 1.01);
  /** Rows with this number of symbols, and as much noise around each as in the longest rows. */
  const rowsOf = (random: Random, B: number, symbols = settings.symbols) =>
    copying(random, {
      B,
      context: Math.round((symbols * settings.context) / settings.symbols),
      symbols,
      vocab,
      selective: kind === 'selective',
    });
  const data = drawnTokenTask(
    model,
    (random, update) => {
      const symbols = curriculum.lengthAt(update, updates);
      return rowsOf(random, Math.round((batch * settings.symbols) / symbols), symbols);
    },
    curriculum,
  );
  const test = (stream: string, count: number, symbols?: number) => {
    const random = new Random(seed).fork(stream);
    return accuracy(
      model,
      inBatches(count, batch, (B) => rowsOf(random, B, symbols)),
    );
  };
  const { curve, iter } = await learn(context, {
    model,
    data,
    options: {
      maxIters: updates,
      learningRate,
      minLearningRate: learningRate / 20,
      weightDecay: 0,
      warmupIters: 50,
      seed,
    },
    evalEvery: CHECK_EVERY,
    evaluate(_, iter) {
      const { length } = curriculum;
      if (length < settings.symbols && test(`exam ${iter}`, batch, length) >= MASTERED) curriculum.advance();
      return { accuracy: test(`exam ${iter}`, 2 * batch) };
    },
    isSolved: ({ accuracy }) => accuracy >= SOLVED,
    share: [0, 0.97],
  });
  const every = Math.ceil(curve.length / 40);
  return {
    accuracy: test('test', rows),
    updates: iter,
    curve: curve
      .filter((_, i) => (i + 1) % every === 0 || i === curve.length - 1)
      .map(({ iter, loss, accuracy }) => ({ iter, loss, accuracy })),
  };
}
