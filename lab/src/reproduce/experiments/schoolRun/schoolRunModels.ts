/** The models that are compared, with about as many parameters as Mamba, and the source that they learn. */
import { schoolRun, schoolRunTokens } from '../../../tasks/schoolRun.ts';
import type { Unifilar } from '../../../tasks/unifilar.ts';
import { type Config, nearestInSize, parametersOf, widths } from '../../parts/models.ts';

interface SchoolRunModelKind {
  name: string;
  config: Config;
}

export const schoolRunModels = {
  mamba: { name: 'Mamba', config: { model: 'mamba', dState: 4, dtRank: 8 } },
  transformer: { name: 'Transformer', config: { model: 'transformer', numHeads: 2, dFfn: 64 } },
  lti: { name: "Mamba's block with S4D in it", config: { model: 'mamba', inner: 's4d', dState: 16 } },
  s4d: { name: 'S4D', config: { model: 's4d' } },
  s4: { name: 'S4', config: { model: 's4' } },
} satisfies Record<string, SchoolRunModelKind>;
export type SchoolRunModel = keyof typeof schoolRunModels;

export const modelKeys = Object.keys(schoolRunModels) as SchoolRunModel[];
export const timeInvariant: readonly SchoolRunModel[] = ['lti', 's4d', 's4'];

/** Orders of the Markov models that are counted. */
export const orders: readonly number[] = [1, 2, 3, 4];

/** Settings of the source: see SchoolRunOptions. */
export interface SourceSettings {
  announce: number;
  wait: number;
  stay: number;
  sure: number;
}

export const sourceOf = ({ announce, wait, stay, sure }: SourceSettings): Unifilar =>
  schoolRun({ announce, wait, stay, sure });

/** The config of a model. `length`: steps of a sequence. */
export function configOf(
  model: SchoolRunModel,
  { dModel, nLayer, length }: { dModel: number; nLayer: number; length: number },
): Config {
  const shared = { nLayer, vocabSize: schoolRunTokens.length, padVocabSizeMultiple: 1 };
  const mamba = { ...shared, ...schoolRunModels.mamba.config, dModel };
  if (model === 'mamba') return mamba;
  const extra = model === 'transformer' ? { maxLength: length } : {};
  const sized = (width: number) => ({ ...shared, ...schoolRunModels[model].config, ...extra, dModel: width });
  return nearestInSize(parametersOf(mamba), widths(4, 4 * dModel, 4).map(sized)).config;
}
