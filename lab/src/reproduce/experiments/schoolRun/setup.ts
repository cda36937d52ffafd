/** The school run's settings, and the models that are compared, of as many parameters each. */
import { schoolRun, schoolRunTokens } from '../../../tasks/schoolRun.ts';
import { nearestInSize, parametersOf, widths } from '../../parts/sameSize.ts';
import type { Opening } from './delta.ts';

export type Settings = {
  dModel: number;
  nLayer: number;
  /** Of the source: see SchoolRunOptions. */
  announce: number;
  wait: number;
  stay: number;
  sure: number;
  updates: number;
  batchSize: number;
  /** Steps of a sequence. */
  length: number;
  learningRate: number;
  seeds: number;
  /** Sequences that the losses are measured on. */
  tests: number;
};

export interface Result {
  parameters: number;
  /** Mean loss on the test sequences, nats a step, and what the optimal filter loses on them. */
  loss: number;
  filter: number;
  opening?: Opening;
}

/** Markov models that are counted. */
export const orders = [1, 2, 3, 4];

export const variants: Readonly<Record<string, { name: string; config: Readonly<Record<string, unknown>> }>> = {
  mamba: { name: 'Mamba', config: { model: 'mamba', dState: 4, dtRank: 8 } },
  transformer: { name: 'Transformer', config: { model: 'transformer', numHeads: 2, dFfn: 64 } },
  lti: { name: "Mamba's block with S4D in it", config: { model: 'mamba', inner: 's4d', dState: 16 } },
  s4d: { name: 'S4D', config: { model: 's4d' } },
  s4: { name: 'S4', config: { model: 's4' } },
};
export const LTI = ['lti', 's4d', 's4'];

export const sourceOf = ({ announce, wait, stay, sure }: Settings) => schoolRun({ announce, wait, stay, sure });

export function configsOf(settings: Settings): Record<string, Record<string, unknown>> {
  const { dModel, nLayer, length } = settings;
  const shared = { nLayer, vocabSize: schoolRunTokens.length, padVocabSizeMultiple: 1 };
  const first = { ...shared, ...variants.mamba.config, dModel };
  const wanted = parametersOf(first);
  return Object.fromEntries(
    Object.entries(variants).map(([id, { config }]) => {
      const extra = config.model === 'transformer' ? { maxLength: length } : {};
      const sized = (width: number) => ({ ...shared, ...config, ...extra, dModel: width });
      return [id, id === 'mamba' ? first : nearestInSize(wanted, widths(4, 4 * dModel, 4).map(sized)).config];
    }),
  );
}
