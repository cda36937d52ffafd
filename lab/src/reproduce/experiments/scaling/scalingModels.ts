/** The two models of equal size, and what is measured of them. */
import { UsageError } from '@mamba-ts/core/errors';
import { configOf } from '@mamba-ts/core/families';
import { stateBytes } from '@mamba-ts/core/layers';
import { declareModel, type LanguageModel } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import type { Backend } from '@mamba-ts/core/tensor';
import { newModel } from '../../parts/models.ts';

export interface ScalingSettings {
  dModel: number;
  mambaLayers: number;
  transformerLayers: number;
  shortest: number;
  longest: number;
  stream: number;
  piece: number;
  generated: number;
  rounds: number;
}

export const sides = ['mamba', 'transformer'] as const;
export type Side = (typeof sides)[number];
export const sideNames: Readonly<Record<Side, string>> = { mamba: 'Mamba', transformer: 'Transformer' };

/** By length: seconds, the most bytes in use in addition to the weights, and bytes of the state. */
export interface Curve {
  seconds: number[];
  peak: number[];
  state: number[];
}

/** What a run measures by length; a stream has Mamba alone. */
export interface Measures {
  lengths: number[];
  /** Whether seconds are CPU time of the process, as with one thread, or wall-clock time. */
  ofProcess: boolean;
  parameters: Partial<Record<Side, number>>;
  curves: Partial<Record<Side, Curve>>;
}

const VOCABULARY = 256;
/** Tokens that all turns, the first ones included, write after the longest context. */
const writtenAfter = ({ generated, rounds }: ScalingSettings) => generated * (rounds + 4);

export function configOfSide(settings: ScalingSettings, side: Side): Record<string, unknown> {
  const { dModel, mambaLayers, transformerLayers, longest } = settings;
  const shared = { dModel, vocabSize: VOCABULARY };
  if (side === 'mamba') return { ...shared, model: 'mamba', nLayer: mambaLayers };
  return {
    ...shared,
    model: 'transformer',
    nLayer: transformerLayers,
    tieEmbeddings: true,
    maxLength: longest + writtenAfter(settings),
  };
}

/** A model without values, for what follows from its sizes. */
export const declaredModel = (settings: ScalingSettings, side: Side): LanguageModel =>
  declareModel(configOf(configOfSide(settings, side)));

export const modelOf = (settings: ScalingSettings, side: Side, backend: Backend): Promise<LanguageModel> =>
  newModel(configOfSide(settings, side), { backend }, 1);

/** Bytes of a training step over the longest sequence, which needs the most, with both models. */
export function bytesFor(settings: ScalingSettings): number {
  const { longest } = settings;
  const of = sides.map((side) => {
    const model = declaredModel(settings, side);
    return model.trainingBytes(1, longest) + stateBytes(model.stateFields, 1, longest);
  });
  return Math.max(...of) + 2 ** 28;
}

/** The same tokens for both models; time does not depend on what they are. */
export function tokensOf(length: number): Int32Array {
  const random = new Random(length).fork('tokens');
  return Int32Array.from({ length }, () => random.int(VOCABULARY));
}

/** Throws UsageError where settings do not fit each other. */
export function requireFitting({ shortest, longest, stream, piece }: ScalingSettings): void {
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
