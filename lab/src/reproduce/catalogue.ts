/** The experiments, in the order of docs/results.md. A new one is a folder in experiments/ and a line here. */
import { UsageError } from '@mamba-ts/core/errors';
import { nearestName } from '@mamba-ts/core/schema';
import type { Experiment } from './experiment.ts';
import { ablationA } from './experiments/ablationA/ablationA.ts';
import { ablationSelectivity } from './experiments/ablationSelectivity/ablationSelectivity.ts';
import { ablationState } from './experiments/ablationState/ablationState.ts';
import { architecture } from './experiments/architecture/architecture.ts';
import { genome } from './experiments/genome/genome.ts';
import { inductionHeads } from './experiments/inductionHeads/inductionHeads.ts';
import { language } from './experiments/language/language.ts';
import { parity } from './experiments/parity/parity.ts';
import { scaling } from './experiments/scaling/scaling.ts';
import { schoolRun } from './experiments/schoolRun/schoolRun.ts';
import { selectiveCopying } from './experiments/selectiveCopying/selectiveCopying.ts';
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
  const found = experiments.find((experiment) => experiment.name === name);
  if (found) return found;
  const names = experiments.map((experiment) => experiment.name);
  throw new UsageError(
    'reproduce',
    `'${name}' is not an experiment, expected one of ${names.join(', ')}. Did you mean ${nearestName(name, names)}?`,
  );
}
