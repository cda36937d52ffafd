/** Models whose configs are put together at run time, and models with as many parameters as another one. */
import { UsageError } from '@mamba-ts/core/errors';
import { configOf } from '@mamba-ts/core/families';
import {
  createModel,
  createSequenceModel,
  declareModel,
  type LanguageModel,
  type SequenceModel,
  sequenceConfigOf,
} from '@mamba-ts/core/models';
import type { RunContext } from '../experiment.ts';

/** Keys of a model's config, with their values. */
export type Config = Readonly<Record<string, unknown>>;

type OnBackend = Pick<RunContext, 'backend'>;

/** A language model with the first values of this seed. */
export const newModel = (config: Config, { backend }: OnBackend, seed: number): Promise<LanguageModel> =>
  createModel(configOf(config), { backend, seed });

/** A sequence model with the first values of this seed. */
export const newSequenceModel = (config: Config, { backend }: OnBackend, seed: number): Promise<SequenceModel> =>
  createSequenceModel(sequenceConfigOf(config), { backend, seed });

/** The number of parameters of a language model, which is declared and not made. */
export const parametersOf = (config: Config): number => declareModel(configOf(config)).tree.count();

/** The config among `candidates` whose number of parameters is nearest to `target`. */
export function nearestInSize<C extends Config>(
  target: number,
  candidates: readonly C[],
): { config: C; parameters: number } {
  const sized = candidates.map((config) => ({ config, parameters: parametersOf(config) }));
  if (sized.length === 0) throw new UsageError('nearestInSize', 'no candidates, expected at least one config.');
  const distance = ({ parameters }: { parameters: number }) => Math.abs(parameters - target);
  return sized.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
}

/** From `from` to `to`, `step` apart. */
export const widths = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.max(0, Math.floor((to - from) / step) + 1) }, (_, i) => from + i * step);
