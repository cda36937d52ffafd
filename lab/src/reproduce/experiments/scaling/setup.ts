/** The settings of `scaling`, its two models of equal size, and what their runs measure. */
import { UsageError } from '@mamba-ts/core/errors';
import { configOf } from '@mamba-ts/core/families';
import { stateBytes } from '@mamba-ts/core/layers';
import { createModel, LanguageModel } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import type { Backend } from '@mamba-ts/core/tensor';
import { trainingBytes } from '@mamba-ts/core/train';

export type Settings = {
  dModel: number;
  mambaLayers: number;
  transformerLayers: number;
  /** Tokens of the shortest and the longest sequence that both read: powers of two. */
  shortest: number;
  longest: number;
  /** Tokens that Mamba reads by itself, and how many at once. */
  stream: number;
  piece: number;
  /** Tokens generated in a turn. */
  generated: number;
  rounds: number;
};

export const sides = ['mamba', 'transformer'] as const;
export type Side = (typeof sides)[number];
export const sideNames: Readonly<Record<Side, string>> = { mamba: 'Mamba', transformer: 'Transformer' };

/** By length: seconds, the most bytes in use beside the weights, and bytes of what is remembered. */
export interface Curve {
  seconds: number[];
  peak: number[];
  state: number[];
}

/** What a run measures at some lengths; `stream` has Mamba alone. */
export interface Measures {
  lengths: number[];
  /** Whether seconds are those of the process, as with one thread, or of the wall's clock. */
  ofProcess: boolean;
  parameters: Partial<Record<Side, number>>;
  curves: Partial<Record<Side, Curve>>;
}

const VOCABULARY = 256;
/** Turns, the first ones included, that write behind the longest context. */
const roomFor = ({ generated, rounds }: Settings) => generated * (rounds + 4);

export function configOfSide(settings: Settings, side: Side): Record<string, unknown> {
  const { dModel, mambaLayers, transformerLayers, longest } = settings;
  const shared = { dModel, vocabSize: VOCABULARY };
  if (side === 'mamba') return { ...shared, model: 'mamba', nLayer: mambaLayers };
  return {
    ...shared,
    model: 'transformer',
    nLayer: transformerLayers,
    tieEmbeddings: true,
    maxLength: longest + roomFor(settings),
  };
}

/** Without values, for what follows from its sizes. */
export const declared = (settings: Settings, side: Side): LanguageModel =>
  new LanguageModel(configOf(configOfSide(settings, side)));

export const modelOf = (settings: Settings, side: Side, backend: Backend): Promise<LanguageModel> =>
  createModel(configOfSide(settings, side), { backend, seed: 1 });

/** Of a training step over the longest sequence, which needs the most, and of both models beside it. */
export function bytesFor(settings: Settings): number {
  const of = sides.map((side) => {
    const model = declared(settings, side);
    return trainingBytes(model, 1, settings.longest) + stateBytes(model.stateFields, 1, settings.longest);
  });
  return Math.max(...of) + 2 ** 28;
}

/** The same tokens for both: what they are does not matter to the time. */
export function tokensOf(length: number): Int32Array {
  const random = new Random(length).fork('tokens');
  return Int32Array.from({ length }, () => random.int(VOCABULARY));
}

/** Throws where the settings do not make sense. */
export function checkSettings(settings: Settings): void {
  for (const name of ['shortest', 'longest', 'stream', 'piece'] as const) {
    const value = settings[name];
    if (!(Number.isInteger(value) && value >= 1 && Number.isInteger(Math.log2(value)))) {
      throw new UsageError('scaling', `${name} is ${value}, expected a power of two, such as 4096.`);
    }
  }
  for (const name of ['mambaLayers', 'transformerLayers', 'generated', 'rounds'] as const) {
    if (!(Number.isInteger(settings[name]) && settings[name] >= 1)) {
      throw new UsageError('scaling', `${name} is ${settings[name]}, expected a whole number of at least 1.`);
    }
  }
  const { shortest, longest, stream, piece } = settings;
  if (longest < 4 * shortest) {
    throw new UsageError(
      'scaling',
      `longest is ${longest}, expected at least ${4 * shortest}, four times the shortest: exponents need three lengths.`,
    );
  }
  if (stream < 4 * piece) {
    throw new UsageError('scaling', `stream is ${stream}, expected at least ${4 * piece}, four pieces.`);
  }
}
