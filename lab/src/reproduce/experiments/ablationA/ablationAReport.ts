/** What the ablation of A says: differences of the loss to that of S6, seed by seed. */
import type { Panel } from '@mamba-ts/forecast/chart';
import type { Goal, Report, Table } from '../../experiment.ts';
import { AblationResults, signed } from '../../parts/ablations/compared.ts';
import { type Ablated, tasks } from '../../parts/ablations/tasks.ts';
import { dotPlot } from '../../parts/figures.ts';
import { count } from '../../parts/numbers.ts';
import { halfWidth, isMore, mean, paired, withError } from '../../parts/statistics.ts';
import { type AblationASettings, ALLOWED, type Kind, kinds, variantOf } from './kinds.ts';

/** An interval that is wider than this part of S6's loss, to either side, tells little. */
const NARROW = 0.1;

type Verdict = 'better' | 'worse' | 'open';

export function ablationAReport(settings: AblationASettings, results: ReadonlyMap<string, Ablated>): Report {
  const { seeds } = settings;
  const [base, ...others] = kinds;
  const found = new AblationResults(results, seeds);
  const losses = (task: string, kind: Kind) => found.losses(task, variantOf(kind, settings));
  const parameters = (task: string, kind: Kind) => found.parameters(task, variantOf(kind, settings));
  const differences = (task: string, kind: Kind) => paired(losses(task, kind), losses(task, base));
  const verdict = (task: string, kind: Kind): Verdict => {
    const values = differences(task, kind);
    if (isMore(values)) return 'worse';
    return isMore(values.map((value) => -value)) ? 'better' : 'open';
  };
  const where = (kind: Kind, which: Verdict) => settings.tasks.filter((task) => verdict(task, kind) === which);
  const list = (names: readonly string[]) => names.map((name) => tasks[name].name).join(', ');
  const says = (kind: Kind) => {
    const [better, worse, open] = (['better', 'worse', 'open'] as const).map((which) => where(kind, which));
    const parts = [
      better.length > 0 && `better than S6 in ${list(better)}`,
      worse.length > 0 && `worse in ${list(worse)}`,
      open.length > 0 && `not told from it in ${list(open)}`,
    ];
    return `${kind.name}: ${parts.filter(Boolean).join('; ')}.`;
  };
  const answer = (question: string, kind: Kind) => {
    const [better, worse] = [where(kind, 'better').length, where(kind, 'worse').length];
    const of = settings.tasks.length;
    return `${question} ${shortAnswer(better, worse, of)}: better in ${better}, worse in ${worse} of ${of} tasks.`;
  };
  const tables = settings.tasks.map(
    (task): Table => ({
      title: `${tasks[task].name}: loss in ${tasks[task].unit}`,
      rows: [
        ['selective beside B and C', 'parameters', 'loss', 'difference to S6'],
        ...kinds.map((kind) => [
          kind.name,
          count(parameters(task, kind)),
          withError(losses(task, kind), 3),
          kind === base ? '' : signed(differences(task, kind), 3),
        ]),
      ],
    }),
  );
  const off = Math.max(
    ...settings.tasks.flatMap((task) =>
      others.map((kind) => Math.abs(parameters(task, kind) / parameters(task, base) - 1)),
    ),
  );
  const widths = settings.tasks.flatMap((task) =>
    others.map((kind) => halfWidth(differences(task, kind)) / mean(losses(task, base))),
  );
  const narrow = widths.filter((width) => width <= NARROW).length;
  const goals: Goal[] = [
    {
      what: `parameters within ${100 * ALLOWED} % of those of S6`,
      measured: `${(100 * off).toFixed(2)} % at most`,
      reached: off <= ALLOWED,
    },
    {
      what: 'at least 5 seeds and 3 tasks',
      measured: `${seeds.length} seeds, ${settings.tasks.length} tasks`,
      reached: seeds.length >= 5 && settings.tasks.length >= 3,
    },
    {
      what: `most 95 % intervals within ± ${100 * NARROW} % of the loss of S6`,
      measured: `${narrow} of ${widths.length}`,
      reached: 2 * narrow > widths.length,
    },
  ];
  const [inPlace, beside, perState, both] = others;
  return {
    tables,
    says: [
      answer('Does a selective A add to a selective Δ?', beside),
      answer('Does a Δ of each state add to one of each channel?', perState),
      ...[inPlace, beside, perState, both].map(says),
      `Of ${others.length * settings.tasks.length} intervals of 95 %, ` +
        `${(0.05 * others.length * settings.tasks.length).toFixed(1)} are expected to miss 0 by chance.`,
    ],
    goals,
    figure: {
      title: 'A selective A, and a Δ of each state, at equal parameters',
      description: 'Differences of the loss to that of S6, seed by seed, for each task; left of 0 is better.',
      panels: settings.tasks.map(
        (task): Panel => ({
          ...dotPlot(
            others.map((kind) => ({ name: kind.name, values: differences(task, kind) })),
            { label: 'loss − loss of S6, left is better', unit: tasks[task].unit },
            tasks[task].name,
            [0],
          ),
          border: 0,
        }),
      ),
    },
  };
}

function shortAnswer(better: number, worse: number, of: number): string {
  if (better > 0 && worse > 0) return 'It depends on the task';
  if (better === of) return 'Yes, in every task here';
  if (better > 0) return 'In part';
  return worse > 0 ? 'No, and it can do harm' : 'Not so that these runs could tell';
}
