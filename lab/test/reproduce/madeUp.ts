/** Reports of results that are made up by a test. */
import type { Experiment, Settings } from '../../src/reproduce/experiment.ts';

/** `result` gives that of a run by its id. */
export function reportOf(
  experiment: Experiment,
  result: (id: string) => unknown,
  settings: Settings = experiment.full,
) {
  return experiment.report(settings, new Map(experiment.runs(settings).map(({ id }) => [id, result(id)])));
}
