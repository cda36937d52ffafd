/** The results of an experiment: what docs/results/NAME.json holds, and what the report is made of. */
import { type Experiment, type Report, runsOf, type Settings } from './experiment.ts';
import type { RunResult } from './resultFolder.ts';

export interface Results {
  experiment: string;
  quick: boolean;
  settings: Settings;
  machine: string;
  /** By the ids of the runs, in their order. */
  runs: Readonly<Record<string, RunResult>>;
}

/** JSON with a line for each run. */
export function resultsText({ runs, ...rest }: Results): string {
  const lines = Object.entries(runs).map(([id, run]) => `  ${JSON.stringify(id)}: ${JSON.stringify(run)}`);
  return `${JSON.stringify(rest, null, 1).slice(0, -2)},\n "runs": {\n${lines.join(',\n')}\n }\n}\n`;
}

export function reportOf(experiment: Experiment, { settings, runs }: Results): Report {
  const rows = runsOf(experiment, settings).map(({ id, variant }) => {
    const found = runs[id];
    if (!found) throw new Error(`The results of ${experiment.name} have no run ${id}. Run the experiment to its end.`);
    return { variant, result: found.result };
  });
  return experiment.report(rows, settings);
}
