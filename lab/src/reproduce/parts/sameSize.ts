/** Models of as many parameters as another one: what is compared is then the family, not the size. */
import { UsageError } from '@mamba-ts/core/errors';
import { configOf } from '@mamba-ts/core/families';
import { LanguageModel } from '@mamba-ts/core/models';

type Keys = Readonly<Record<string, unknown>>;

/** Parameters of the language model of a config; it is declared, not made. */
export const parametersOf = (config: Keys): number => new LanguageModel(configOf(config)).tree.count();

/** The config among `candidates` whose number of parameters is nearest to `target`. */
export function nearestInSize<C extends Keys>(
  target: number,
  candidates: readonly C[],
): { config: C; parameters: number } {
  const sized = candidates.map((config) => ({ config, parameters: parametersOf(config) }));
  if (sized.length === 0) throw new UsageError('nearestInSize', 'no candidates, expected at least one config.');
  const distance = ({ parameters }: { parameters: number }) => Math.abs(parameters - target);
  return sized.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}

/** From `from` to `to`, `step` apart. */
export const widths = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.max(0, Math.floor((to - from) / step) + 1) }, (_, i) => from + i * step);
