/** Reports of results that a test makes up. */
import { type Experiment, type Report, runsOf } from '../../src/reproduce/experiment.ts';

/** `result` gives the result of a run by its id. */
export const reportOf = <S, V, R>(
  experiment: Experiment<S, V, R>,
  result: (id: string) => R,
  settings: S = experiment.full,
): Report =>
  experiment.report(
    runsOf(experiment, settings).map(({ id, variant }) => ({ variant, result: result(id) })),
    settings,
  );

/** The goals that are not reached, by the words that they begin with. */
export const missed = ({ goals }: Report): string[] =>
  goals.filter(({ reached }) => !reached).map(({ what }) => what.split(/[:,]/)[0]);

export const reached = ({ goals }: Report): boolean[] => goals.map((goal) => goal.reached);
