/**
 * Speech from raw samples, without a spectrogram: ten spoken digits, of known speakers and of a speaker never heard, and
 * a language model of mu-law samples.
 *
 * Papers: Gu & Dao 2023, 4.4.2 and E.4 (SC09, spoken digits); Gu et al. 2022 (S4), 4.3 (raw speech).
 */
import { UsageError } from '@mamba-ts/core/errors';
import { field, type ValuesOf } from '@mamba-ts/core/schema';
import { muLawTokenizer } from '@mamba-ts/core/tokenize';
import { evaluate } from '@mamba-ts/core/train';
import { defineExperiment, type RunContext } from '../../experiment.ts';
import { learn } from '../../parts/learn.ts';
import { newModel, newSequenceModel } from '../../parts/models.ts';
import { countField, namesField, rateField } from '../../settings.ts';
import { CHANGES, DIGITS, digitTask, scoreOf } from './digitClassifier.ts';
import { continued, pairBits, soundStore } from './soundModel.ts';
import {
  type DigitsResult,
  type SoundResult,
  type SpeechModel,
  type SpeechResult,
  speechModels,
  speechReport,
} from './speechReport.ts';
import {
  type Clip,
  randomSplit,
  readDigits,
  SAMPLE_RATE,
  SPEAKERS,
  type Speaker,
  withoutSpeaker,
} from './spokenDigits.ts';

/** A classifier, of clips of known speakers or without one speaker; or the language model of sound. */
type SpeechVariant = { split: 'known' | Speaker; model: SpeechModel } | { split: 'sound' };
type DigitsVariant = Extract<SpeechVariant, { model: unknown }>;

/** The number of the first take. */
const FIRST_TAKE = 5;

const fields = {
  seed: field.whole({ min: 0, default: 1 }),
  models: namesField(speechModels, ['mamba', 's4d']),
  /** One for each model, for about as many parameters of each. */
  widths: field.list(field.whole({ min: 1 }), { default: [64, 96] }),
  layers: countField(2),
  /** Samples of a step. */
  frame: countField(32),
  /** The speakers that are left out, one after another. */
  speakers: namesField(SPEAKERS),
  /** Takes of each digit that are read of each speaker; 25 are all. */
  takes: countField(25, 5),
  updates: countField(8000),
  batchSize: countField(16),
  learningRate: rateField(3e-3),
  weightDecay: field.number({ min: 0, default: 0.1 }),
  /** Speeds at which a clip is read before the model decides. */
  speeds: field.list(field.number({ min: 0, open: true }), { default: [0.9, 1, 1.1] }),
  soundWidth: countField(64),
  soundLayers: countField(2),
  soundUpdates: countField(6000),
  soundBlock: countField(512),
  soundBatch: countField(8),
  soundSeconds: rateField(0.5),
};

type SpeechSettings = ValuesOf<typeof fields>;

export const speech = defineExperiment({
  name: 'speech',
  fields,
  quick: {
    ...{ speakers: ['theo'], takes: 10, widths: [32, 48], updates: 150 },
    ...{ soundWidth: 32, soundLayers: 1, soundUpdates: 40, soundBlock: 256, soundSeconds: 0.05 },
  },
  variants({ models, widths, speakers }): SpeechVariant[] {
    if (widths.length !== models.length) {
      throw new UsageError(
        'speech',
        `widths are ${widths.length} and models ${models.length}, expected a width for each. ` +
          'Give --set widths=64,96 for two.',
      );
    }
    return [
      ...(['known', ...speakers] as const).flatMap((split) => models.map((model) => ({ split, model }))),
      { split: 'sound' },
    ];
  },
  id: (variant) => (variant.split === 'sound' ? 'sound' : `${variant.split}.${variant.model}`),
  label(variant) {
    if (variant.split === 'sound') return 'a language model of sound';
    return `${variant.model}, ${variant.split === 'known' ? 'known speakers' : `without ${variant.split}`}`;
  },
  work: ({ split }) => (split === 'sound' ? 1.5 : 1),
  async run(variant, settings, context): Promise<SpeechResult> {
    const all = await readDigits(await context.data('digits'));
    const clips = all.filter(({ take }) => take < FIRST_TAKE + settings.takes);
    return variant.split === 'sound'
      ? soundRun(clips, settings, context)
      : digitsRun(variant, clips, settings, context);
  },
  report: (rows) => speechReport(rows.map(({ result }) => result)),
});

async function digitsRun(
  { split, model: name }: DigitsVariant,
  clips: Clip[],
  settings: SpeechSettings,
  context: RunContext,
): Promise<DigitsResult> {
  const { seed, models, widths, layers, frame, updates, batchSize, learningRate, weightDecay, speeds } = settings;
  const { train, test } = split === 'known' ? randomSplit(clips, seed) : withoutSpeaker(clips, split);
  const config = {
    model: name,
    dModel: widths[models.indexOf(name)],
    nLayer: layers,
    dInput: frame,
    nClasses: DIGITS,
    pooling: 'mean',
  };
  const model = await newSequenceModel(config, context, seed);
  await learn(context, {
    model,
    data: digitTask(model, train, CHANGES),
    options: { ...schedule(learningRate, updates), maxIters: updates, batchSize, weightDecay, seed },
  });
  return {
    kind: 'digits',
    model: name,
    ...(split !== 'known' && { leftOut: split }),
    clips: { train: train.length, test: test.length },
    parameters: model.tree.count(),
    updates,
    ...scoreOf(model, test, speeds),
  };
}

const TEMPERATURE = 0.9;

async function soundRun(clips: Clip[], settings: SpeechSettings, context: RunContext): Promise<SoundResult> {
  const { seed, learningRate, soundWidth, soundLayers, soundUpdates, soundBlock, soundBatch, soundSeconds } = settings;
  const { train, test } = randomSplit(clips, seed);
  const tokenizer = muLawTokenizer({ sampleRate: SAMPLE_RATE });
  const { vocabSize } = tokenizer;
  const config = { model: 'mamba', dModel: soundWidth, nLayer: soundLayers, vocabSize, tieEmbeddings: false };
  const model = await newModel(config, context, seed);
  const sizes = { batchSize: soundBatch, blockSize: soundBlock };
  await learn(context, {
    model,
    data: soundStore(train, 'the training clips'),
    options: { ...schedule(learningRate, soundUpdates), maxIters: soundUpdates, ...sizes, seed },
  });
  const { loss } = await evaluate(model, soundStore(test, 'the test clips'), tokenizer, sizes);
  return {
    kind: 'sound',
    bits: loss / Math.LN2,
    pairBits: pairBits(train, test),
    clips: { train: train.length, test: test.length },
    parameters: model.tree.count(),
    updates: soundUpdates,
    continued: await continued(model, test[0], { part: 0.5, seconds: soundSeconds, temperature: TEMPERATURE, seed }),
  };
}

/** Warm-up, then a cosine to a hundredth. */
const schedule = (learningRate: number, updates: number) => ({
  learningRate,
  minLearningRate: learningRate / 100,
  warmupIters: Math.min(100, Math.round(updates / 10)),
  beta2: 0.99,
});
