/** The experiments, in the order of docs/results.md. A new one is a file in experiments/ and a line here. */
import { closest } from 'fastest-levenshtein';
import type { Experiment } from './experiment.ts';
import { ablationA } from './experiments/ablationA.ts';
import { ablationSelectivity } from './experiments/ablationSelectivity.ts';
import { ablationState } from './experiments/ablationState.ts';
import { architecture } from './experiments/architecture.ts';
import { genome } from './experiments/genome.ts';
import { inductionHeads } from './experiments/inductionHeads.ts';
import { language } from './experiments/language.ts';
import { parity } from './experiments/parity.ts';
import { scaling } from './experiments/scaling.ts';
import { schoolRun } from './experiments/schoolRun.ts';
import { selectiveCopying } from './experiments/selectiveCopying.ts';
import { speech } from './experiments/speech.ts';
import { spring } from './experiments/spring.ts';

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
  throw new Error(
    `reproduce: '${name}' is not an experiment. Did you mean ${closest(name, names)}? There are ${names.join(', ')}.`,
  );
}
