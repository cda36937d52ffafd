/** The experiments, in the order of docs/results.md. A new one is a file in experiments/ and a line here. */
import { closest } from 'fastest-levenshtein';
import type { Experiment } from './experiment.ts';

export const experiments: readonly Experiment[] = [];

export function experimentOf(name: string): Experiment {
  const found = experiments.find((one) => one.name === name);
  if (found) return found;
  const names = experiments.map((one) => one.name);
  throw new Error(
    `reproduce: '${name}' is not an experiment. Did you mean ${closest(name, names)}? There are ${names.join(', ')}.`,
  );
}
