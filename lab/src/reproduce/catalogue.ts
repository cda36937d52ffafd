/** The experiments, in the order of docs/results.md. A new one is a file in experiments/ and a line here. */
import { UsageError } from '@mamba-ts/core/errors';
import { closest } from 'fastest-levenshtein';
import type { Experiment } from './experiment.ts';
import { ablationA } from './experiments/ablationA/ablationA.ts';
import { ablationSelectivity } from './experiments/ablationSelectivity.ts';
import { ablationState } from './experiments/ablationState.ts';
import { architecture } from './experiments/architecture.ts';
import { genome } from './experiments/genome/genome.ts';
import { inductionHeads } from './experiments/inductionHeads/inductionHeads.ts';
import { language } from './experiments/language/language.ts';
import { parity } from './experiments/parity.ts';
import { scaling } from './experiments/scaling/scaling.ts';
import { schoolRun } from './experiments/schoolRun/schoolRun.ts';
import { selectiveCopying } from './experiments/selectiveCopying.ts';
import { speech } from './experiments/speech/speech.ts';
import { spring } from './experiments/spring/spring.ts';

export const experiments: readonly Experiment[] = [
  selectiveCopying,
  inductionHeads,
  ablationSelectivity,
  ablationA,
  ablationState,
  architecture,
  schoolRun,
  parity,
  scaling,
  language,
  genome,
  speech,
  spring,
];

export function experimentOf(name: string): Experiment {
  const found = experiments.find((one) => one.name === name);
  if (found) return found;
  const names = experiments.map((one) => one.name);
  throw new UsageError(
    'reproduce',
    `'${name}' is not an experiment. Did you mean ${closest(name, names)}? There are ${names.join(', ')}.`,
  );
}
