/** A run of a sequence model, which classifies or regresses examples. examples.json records how they were read. */

import { type ExampleOptions, type OpenedExamples, openExamples } from '../data/exampleSource.ts';
import { type ExampleStore, shuffled, subset } from '../data/examples.ts';
import { measureScaling, scaled } from '../data/scaling.ts';
import { UsageError } from '../errors.ts';
import {
  createSequenceModel,
  declareSequenceModel,
  loadSequenceModel,
  sequenceConfigOf,
} from '../models/registered.ts';
import type { SequenceConfig } from '../models/sequenceConfig.ts';
import type { SequenceModel } from '../models/sequenceModel.ts';
import { Random } from '../random.ts';
import { loadTokenizer, type Tokenizer } from '../tokenize/index.ts';
import { evaluateSequence, type SequenceEvaluation } from './evaluateSequence.ts';
import { type ExampleFacts, exampleFactsIn } from './exampleFacts.ts';
import { tokenizerFor } from './languageRun.ts';
import type { RunConfig, TrainOptions } from './options.ts';
import type { Prepared, RunSetup } from './prepared.ts';

export async function sequenceRun({
  folder,
  config,
  options,
  resume,
}: RunSetup): Promise<Prepared<SequenceModel, SequenceEvaluation>> {
  const saved = resume
    ? exampleFactsIn(await folder.readJson('examples.json'), folder.file('examples.json'))
    : undefined;
  const tokenizer = resume ? await loadTokenizer(await folder.readJson('tokenizer.json')) : await tokenizerFor(options);
  const given = saved?.options ?? readingOf(config, options);
  const opened = await openExamples(options.data, { ...given, tokenizer, classes: saved?.classes });
  if (opened.series) requireOneDirection(config);
  const reading = { ...given, ...opened.found };
  const { train, validation } = opened.split(options.validationFraction, options.seed);
  const facts: ExampleFacts = saved ?? {
    options: reading,
    ...(train.classes && { classes: train.classes }),
    ...(options.task === 'regress' && { values: valuesOf(reading, opened) }),
    scaling: await measureScaling(train),
  };
  const { scaling } = facts;
  const modelConfig = await configFor(config, train, tokenizer, facts);
  const order = Array.from({ length: validation.length }, (_, i) => i);
  // An evaluation may read only a part, which should have some of everything.
  const mixed = subset(validation, shuffled(order, new Random(options.seed).fork('validation')), 'mixed');
  return {
    declare: () => declareSequenceModel(modelConfig),
    create: (backend, seed) => createSequenceModel(modelConfig, { backend, seed }),
    load: (path, backend) => loadSequenceModel(path, { backend }),
    data: scaled(train, scaling),
    steps: scaling.longest,
    longest: scaling.longest,
    sizes: { trainTokens: train.length, validationTokens: validation.length, unit: 'examples' },
    files: { 'tokenizer.json': tokenizer.toJSON(), 'examples.json': facts },
    evaluate: (model, batches) =>
      evaluateSequence(model, scaled(mixed, scaling), {
        batchSize: options.batchSize,
        batches,
        targets: scaling.targets,
      }),
    close: async () => {},
  };
}

/** The targets of a step of a series are its next rows, which a backward direction would read. */
function requireOneDirection({ modelKeys: { bidirectional = 'none' } }: RunConfig): void {
  if (bidirectional === 'none') return;
  throw new UsageError(
    'train',
    `bidirectional is ${JSON.stringify(bidirectional)}, expected 'none' for a series: the model forecasts the next rows, ` +
      'which the backward direction would read. Leave bidirectional out.',
  );
}

const listIn = (text: string): string[] | undefined => {
  const names = text.split(',').map((name) => name.trim());
  return text === '' ? undefined : names;
};

function readingOf({ modelKeys }: RunConfig, options: TrainOptions): ExampleFacts['options'] {
  const { label, group, sequence, columns, targets, horizon, cutTo, blockSize, sampleRate, textField } = options;
  const task = options.task === 'regress' ? 'regress' : 'classify';
  const output = (modelKeys.output as ExampleOptions['output']) ?? (task === 'regress' ? 'step' : 'sequence');
  const named = { ...(label && { label }), ...(group && { group }), ...(sequence && { sequence }) };
  const lists = { columns: listIn(columns), targets: listIn(targets) };
  if (task === 'regress' && !lists.targets && (output === 'sequence' || sequence)) {
    throw new UsageError('train', 'targets is missing, expected the columns to predict, e.g. --targets price,volume.');
  }
  return { task, output, ...named, ...lists, horizon, cutTo, blockSize, sampleRate, textField };
}

function valuesOf({ targets, horizon = 1 }: ExampleFacts['options'], { series }: OpenedExamples): readonly string[] {
  if (!series) return targets ?? [];
  const names = targets ?? series[0].columns;
  return Array.from({ length: horizon }, (_, i) => names.map((name) => `${name}+${i + 1}`)).flat();
}

async function configFor(
  { options, modelKeys }: RunConfig,
  train: ExampleStore,
  tokenizer: Tokenizer,
  { options: { output }, classes, values }: ExampleFacts,
): Promise<SequenceConfig> {
  const { sequence } = await train.read(0);
  const isTokens = sequence instanceof Int32Array;
  return sequenceConfigOf({
    ...modelKeys,
    model: options.model,
    output,
    ...(isTokens ? { vocabSize: tokenizer.vocabSize } : { vocabSize: 0, dInput: train.features }),
    ...(options.task === 'regress' ? { nTargets: values?.length ?? 0 } : { nClasses: classes?.length ?? 0 }),
  });
}
