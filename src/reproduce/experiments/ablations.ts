/** What the ablations share: variants with seeds, all on the same batches, and a small model that learns a text. */
import { createModel } from '../../models/checkpoint.ts';
import { bitsPerByte, openText } from '../corpus.ts';
import type { Run, RunContext, Settings } from '../experiment.ts';
import { learn, type Learned } from '../learn.ts';
import { mean, withError } from '../statistics.ts';

/** Something that is compared. */
export interface Variant {
  /** Of its runs, before the seed. */
  readonly id: string;
  readonly name: string;
  /** Keys of the model that differ. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly work?: number;
}

/** What a run of any of them gives. */
export interface Ablated {
  /** On data that nothing was chosen by: bits a byte, or what the task measures. Lower is better. */
  loss: number;
  parameters: number;
  /** The mean loss of training between two updates, in nats or squares. */
  curve: { iter: number; loss: number }[];
}

export interface LearningSettings extends Settings {
  seeds: readonly number[];
  dModel: number;
  nLayer: number;
  dState: number;
  updates: number;
  batchSize: number;
  /** Tokens of a row. */
  length: number;
  learningRate: number;
}

const idOf = ({ id }: Variant, seed: number) => `${id}-seed${seed}`;

/** Seeds outside: after each of them all variants can be compared. */
export function runsOf(experiment: string, variants: readonly Variant[], seeds: readonly number[]): Run[] {
  for (const [what, list] of Object.entries({ seeds, variants: variants.map(({ id }) => id) })) {
    const twice = list.find((one, i) => list.indexOf(one as never) !== i);
    if (list.length === 0) throw new Error(`${experiment}: no ${what}, expected at least one.`);
    if (twice !== undefined) throw new Error(`${experiment}: ${what} has ${twice} twice, expected each once.`);
  }
  return seeds.flatMap((seed) =>
    variants.map((variant) => ({
      id: idOf(variant, seed),
      label: `${variant.name}, seed ${seed}`,
      work: variant.work,
    })),
  );
}

/** The variant and the seed that a run is of. */
export function variantOf(variants: readonly Variant[], seeds: readonly number[], { id }: Run) {
  for (const seed of seeds) {
    const variant = variants.find((one) => idOf(one, seed) === id);
    if (variant) return { variant, seed };
  }
  throw new Error(`The run ${id} is of no variant.`);
}

/** Losses of a variant, by seed. */
export const lossesOf = (variant: Variant, seeds: readonly number[], results: ReadonlyMap<string, Ablated>) =>
  seeds.map((seed) => (results.get(idOf(variant, seed)) as Ablated).loss);

export const parametersOf = (variant: Variant, seeds: readonly number[], results: ReadonlyMap<string, Ablated>) =>
  (results.get(idOf(variant, seeds[0])) as Ablated).parameters;

/** a − b, seed by seed: both saw the same batches. */
export const paired = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => value - b[i]);

/** −0.123 ± 0.045: a difference with its sign. */
export const signed = (values: readonly number[], digits: number): string =>
  `${mean(values) < 0 ? '' : '+'}${withError(values, digits)}`.replace('-', '−');

export const trainingOptions = ({ updates, batchSize, length, learningRate }: LearningSettings, seed: number) => ({
  maxIters: updates,
  batchSize,
  blockSize: length,
  learningRate,
  minLearningRate: learningRate / 20,
  warmupIters: Math.ceil(updates / 20),
  seed,
});

/** A model of the plays, and its bits a byte on their last tenth. */
export async function learnText(
  context: RunContext,
  config: Readonly<Record<string, unknown>>,
  settings: LearningSettings,
  seed: number,
): Promise<Ablated> {
  const text = await openText(context);
  const { dModel, nLayer, dState, length, updates } = settings;
  const model = await createModel(
    { model: 'mamba', vocabSize: text.vocabSize, dModel, nLayer, dState, ...config },
    { backend: context.backend, seed },
  );
  const { curve } = await learn(context, {
    model,
    data: text.train,
    options: trainingOptions(settings, seed),
    evalEvery: Math.ceil(updates / 20),
    share: [0, 0.97],
  });
  return {
    loss: await bitsPerByte(model, text, 'test', { length }),
    parameters: model.tree.count(),
    curve: thin(curve),
  };
}

export const thin = (curve: Learned['curve']): Ablated['curve'] =>
  curve.map(({ iter, loss }) => ({ iter, loss: Number(loss.toPrecision(5)) }));
