/**
 * Language models of one size on Shakespeare's bytes: who predicts best after the same number of bytes?
 *
 * A run is bit-exact with `mamba-ts train --config examples/configs/language/NAME.json`.
 */
import { prepareTokens, splitTokens } from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';
import { createModel } from '@mamba-ts/core/models';
import { field, type ValuesOf } from '@mamba-ts/core/schema';
import { byteTokenizer } from '@mamba-ts/core/tokenize';
import { evaluate, modelConfigOf, runConfig, trainerOptionsIn } from '@mamba-ts/core/train';
import { defineExperiment, type RunContext } from '../../experiment.ts';
import { learn } from '../../parts/learn.ts';
import { countField, namesField, seedsField } from '../../settings.ts';
import { languageConfig, languageModel, languageModels } from './languageModels.ts';
import { type LanguageResult, type LanguageVariant, languageReport, SIZE_TOLERANCE } from './languageReport.ts';

const fields = {
  models: namesField(languageModels),
  /** One for each model. */
  learningRates: field.list(field.number({ min: 0, open: true }), {
    default: [0.012, 0.012, 0.012, 0.003, 0.003, 0.006, 0.012],
  }),
  seeds: seedsField([1, 2, 3]),
  dModel: countField(96),
  nLayer: countField(4, 2),
  batchSize: countField(4),
  blockSize: countField(256),
  maxIters: countField(2400),
  warmupIters: countField(50),
  evalEvery: countField(400),
};

type LanguageSettings = ValuesOf<typeof fields>;

export const language = defineExperiment({
  name: 'language',
  fields,
  quick: { seeds: [1], dModel: 32, nLayer: 2, blockSize: 128, maxIters: 200, warmupIters: 10, evalEvery: 100 },
  variants(settings): LanguageVariant[] {
    requireComparable(settings);
    return settings.seeds.flatMap((seed) => settings.models.map((model) => ({ model, seed })));
  },
  id: ({ model, seed }) => `${model}-${seed}`,
  label: ({ model, seed }) => `${languageModels[model].name}, seed ${seed}`,
  work: ({ model }) => languageModels[model].work,
  run,
  report: languageReport,
});

function requireComparable({ models, learningRates, ...sizes }: LanguageSettings): void {
  if (learningRates.length !== models.length) {
    throw new UsageError(
      'language',
      `${learningRates.length} learningRates for ${models.length} models, expected one for each, in their order.`,
    );
  }
  if (sizes.nLayer % 2 !== 0) {
    throw new UsageError(
      'language',
      `nLayer is ${sizes.nLayer}, expected an even number: a block of attention takes the place of two.`,
    );
  }
  const mamba = languageModel('mamba', sizes).parameters;
  for (const name of models) {
    const { parameters } = languageModel(name, sizes);
    if (Math.abs(parameters / mamba - 1) <= SIZE_TOLERANCE) continue;
    throw new UsageError(
      'language',
      `${name} has ${parameters} parameters at dModel ${sizes.dModel}, Mamba ${mamba}: more than ${100 * SIZE_TOLERANCE} % ` +
        'apart. Choose another dModel, or leave the model out.',
    );
  }
}

async function run(
  { model: name, seed }: LanguageVariant,
  settings: LanguageSettings,
  context: RunContext,
): Promise<LanguageResult> {
  const tokenizer = byteTokenizer();
  const data = await context.data('shakespeare.txt');
  const config = runConfig([languageConfig(name, settings, seed), { data, out: context.folder }]);
  const { options } = config;
  const { batchSize, blockSize, validationFraction, maxIters, evalEvery } = options;
  const { train, validation } = splitTokens(await prepareTokens(data, tokenizer), validationFraction, blockSize);
  const model = await createModel(modelConfigOf(config, tokenizer.vocabSize), { backend: context.backend, seed });
  const { curve, seconds } = await learn(context, {
    model,
    data: train,
    options: { ...trainerOptionsIn(options), maxIters },
    evalEvery: Math.min(evalEvery, maxIters),
    evaluate: async () => ({
      bits: (await evaluate(model, validation, tokenizer, { batchSize, blockSize })).bitsPerByte,
    }),
  });
  const measured = curve.map(({ iter, bits }) => ({ bytes: iter * batchSize * blockSize, bits }));
  return { bits: measured[measured.length - 1].bits, parameters: model.tree.count(), curve: measured, seconds };
}
