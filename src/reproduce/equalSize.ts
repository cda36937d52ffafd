/** Models of other families with as many parameters. */
import { LanguageModel } from '../models/languageModel.ts';
import { configOf } from '../models/registry.ts';

type Config = Readonly<Record<string, unknown>>;

export const parametersOf = (config: Config): number => new LanguageModel(configOf(config)).tree.count();

/**
 * `config` with the dModel, a multiple of `step`, whose number of parameters is nearest to `wanted`: what a fair
 * comparison of families gives each of them.
 */
export function sizedAs(wanted: number, config: Config, step = 4): Config & { dModel: number } {
  const at = (dModel: number) => ({ ...config, dModel });
  let dModel = step;
  while (parametersOf(at(dModel)) < wanted) dModel += step;
  const below = dModel - step;
  const isBelowNearer = below > 0 && wanted - parametersOf(at(below)) < parametersOf(at(dModel)) - wanted;
  return at(isBelowNearer ? below : dModel);
}
