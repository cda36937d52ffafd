/** Tables, goals and the figure of the springs. */
import { mean, thousands } from '@mamba-ts/core/math';
import type { Panel, Series } from '@mamba-ts/forecast/chart';
import type { Goal, Report, Table } from '../../experiment.ts';
import { withError } from '../../parts/statistics.ts';
import {
  beyond,
  nameOf,
  type Outcome,
  outcomeOf,
  overall,
  type Predicting,
  type ReportSettings,
  type Rows,
  relative,
  rowOf,
  type SystemOutcome,
} from './springOutcome.ts';
import { systemNames, systems } from './springSystems.ts';
import type { SpringModel } from './springTypes.ts';

/** An error near the Kalman filter's is at most this times as large. */
const NEAR_FACTOR = 1.25;
/** On the switched spring, a selective model is to err at most this times as much as the best linear predictor. */
const SELECTIVE_FACTOR = 0.5;

const looks: Readonly<Partial<Record<Predicting, Pick<Series, 'color' | 'style' | 'width'>>>> = {
  kalman: { color: 0, style: 'dashed' },
  linear: { color: 4, style: 'dashed' },
  mamba: { color: 2 },
  mamba3: { color: 3 },
  s4d: { color: 1 },
};

export function springReport(rows: Rows, settings: ReportSettings): Report {
  const [fixed, switched] = systemNames.map((system) => outcomeOf(rows, system, settings));
  return {
    tables: [fixed, switched, switched.other ?? []].flat().map((outcome) => tableOf(outcome, settings)),
    findings: findingsOf(fixed, switched, settings),
    goals: goalsOf(fixed, switched, settings),
    figure: {
      title: 'Springs after the last measurement',
      description:
        'Left: one trajectory of each system, with predictions from its last measurement on. Right: the errors of all ' +
        'predictors by horizon; the vertical line ends the horizons of training.',
      panels: [fixed, switched].flatMap((one) => [trajectoryPanel(one, settings), errorPanel(one, settings)]),
      columns: 2,
      legend: 'shared',
    },
  };
}

function tableOf(outcome: Outcome, { models, ahead, horizon }: ReportSettings): Table {
  const shown = [...new Set([1, Math.ceil(ahead / 4), Math.ceil(ahead / 2), ahead, horizon])].filter(
    (h) => h <= horizon,
  );
  const order: Predicting[] = ['kalman', ...models, 'linear', 'naive'];
  return {
    title: `Error (m) on ${outcome.title} by the steps since the last measurement; trained up to ${ahead}`,
    rows: [
      ['', ...shown.map((h) => `${h}`), `1 to ${ahead}`, 'next to Kalman', 'parameters'],
      ...order.map((predictor) => {
        const { seeds, parameters } = rowOf(outcome, predictor);
        return [
          nameOf(predictor),
          ...shown.map((h) =>
            withError(
              seeds.map((errors) => errors[h]),
              3,
            ),
          ),
          withError(overall(outcome, predictor, ahead), 3),
          `${withError(relative(outcome, predictor, 'kalman', ahead), 2)}×`,
          parameters === undefined ? '' : thousands(parameters),
        ];
      }),
    ],
  };
}

const sentence = (text: string) => text[0].toUpperCase() + text.slice(1);
const times = (factor: number) => `${factor.toFixed(2)}×`;

function findingsOf(fixed: Outcome, switched: SystemOutcome, settings: ReportSettings): string[] {
  const { models, ahead, horizon } = settings;
  const each = (factorsOf: (model: SpringModel) => readonly number[]) =>
    models.map((model) => `${nameOf(model)} ${times(mean(factorsOf(model)))}`).join(', ');
  const nextToKalman = (outcome: Outcome) => each((model) => relative(outcome, model, 'kalman', ahead));
  const linear = (outcome: Outcome) => times(relative(outcome, 'linear', 'kalman', ahead)[0]);
  const { noise } = fixed.world;
  const kalmanAt = (outcome: Outcome) => rowOf(outcome, 'kalman').seeds[0][ahead].toFixed(2);
  const findings = [
    `One spring, at 1 to ${ahead} steps after the last measurement, next to the Kalman filter that knows the equations: ` +
      `${nextToKalman(fixed)}; the best linear predictor ${linear(fixed)}.`,
    `The switched spring, next to the Kalman filter that knows the equations and the switch: ` +
      `${nextToKalman(switched)}; the best linear predictor, which bounds all linear time-invariant models, ` +
      `${linear(switched)}.`,
  ];
  if (horizon > ahead) {
    const parts = [fixed, switched].map(
      (outcome) => `${outcome.title}: ${each((model) => beyond(outcome, model, settings))}`,
    );
    findings.push(
      `Beyond the horizons of training, from ${ahead + 1} to ${horizon} steps, next to the Kalman filter: ` +
        `${parts.join('; ')}.`,
    );
  }
  if (switched.other) {
    findings.push(
      `${sentence(switched.other.title)}, next to the Kalman filter: ${nextToKalman(switched.other)}; ` +
        `the best linear predictor of the training world ${linear(switched.other)}.`,
    );
  }
  findings.push(
    `A measurement has noise of ${noise} m; the Kalman filter errs by ${kalmanAt(fixed)} m and ${kalmanAt(switched)} m ` +
      `${ahead} steps after the last measurement.`,
  );
  return findings;
}

function goalsOf(fixed: Outcome, switched: Outcome, settings: ReportSettings): Goal[] {
  const { models, ahead, horizon } = settings;
  const { noise } = fixed.world;
  /** A mean factor of at most `most`. */
  const factorGoal = (what: string, factors: readonly number[], most: number): Goal => ({
    what,
    measured: `${withError(factors, 2)}×`,
    reached: mean(factors) <= most,
  });
  const near = (outcome: Outcome, model: SpringModel): Goal =>
    factorGoal(
      `${outcome.title}: ${nameOf(model)} errs at most ${NEAR_FACTOR} times as much as the Kalman filter, at 1 to ${ahead} steps`,
      relative(outcome, model, 'kalman', ahead),
      NEAR_FACTOR,
    );
  const belowNoise = (model: SpringModel): Goal => {
    const largest = rowOf(fixed, model).seeds.map((errors) => Math.max(...errors.slice(1, ahead + 1)));
    return {
      what: `${fixed.title}: ${nameOf(model)} errs less than a measurement, ${noise} m, at each of 1 to ${ahead} steps`,
      measured: `at most ${withError(largest, 3)} m`,
      reached: mean(largest) < noise,
    };
  };
  const selects = (model: SpringModel): Goal =>
    factorGoal(
      `${switched.title}: ${nameOf(model)} errs at most ${SELECTIVE_FACTOR} times as much as the best linear predictor`,
      relative(switched, model, 'linear', ahead),
      SELECTIVE_FACTOR,
    );
  const extrapolates = (model: SpringModel): Goal =>
    factorGoal(
      `${fixed.title}: ${nameOf(model)}, whose states rotate, errs at most ${NEAR_FACTOR} times as much also at ${ahead + 1} to ${horizon} steps, beyond those of training`,
      beyond(fixed, model, settings),
      NEAR_FACTOR,
    );
  const selective = models.filter((model) => model !== 's4d');
  return [
    ...models.map((model) => near(fixed, model)),
    ...selective.map(belowNoise),
    ...models.filter((model) => model === 'mamba3' && horizon > ahead).map(extrapolates),
    ...selective.map((model) => near(switched, model)),
    ...selective.map(selects),
  ];
}

/** Seconds of a step. */
const STEP = systems.fixed.world.step;

function trajectoryPanel(
  { title, world, example, predicted }: SystemOutcome,
  { measured, models }: ReportSettings,
): Panel {
  const at = (values: readonly unknown[], from = 0) => values.map((_, t) => STEP * (t + from));
  const ahead = (['kalman', ...models] as const).map((predictor) => ({
    name: nameOf(predictor),
    x: at(predicted[predictor], measured - 1),
    y: predicted[predictor],
    ...looks[predictor],
  }));
  return {
    title: `${sentence(title)}, measured up to the line`,
    x: { label: 'time', unit: 's' },
    y: { label: 'position', unit: 'm' },
    series: [
      { name: 'true', x: at(example.positions), y: example.positions, color: 6, width: 4 },
      { name: 'measured', x: at(example.measured), y: example.measured, style: 'points', color: 0 },
      ...ahead,
    ],
    spans:
      world.stiffness.length > 1 ? { name: 'stiff spring', at: stiffSpans(example.switches), color: 0 } : undefined,
    border: STEP * (measured - 0.5),
    height: 290,
  };
}

/** When the switch is not at its first position. */
function stiffSpans(switches: readonly number[]): [number, number][] {
  const spans: [number, number][] = [];
  switches.forEach((at, t) => {
    if (at === 0 || t === 0) return;
    const last = spans.at(-1);
    if (last && switches[t - 1] !== 0) last[1] = STEP * t;
    else spans.push([STEP * (t - 1), STEP * t]);
  });
  return spans;
}

function errorPanel(outcome: Outcome, { ahead }: ReportSettings): Panel {
  const { noise } = outcome.world;
  const shown = outcome.rows.filter(({ predictor }) => looks[predictor]);
  const horizons = shown[0].seeds[0].map((_, h) => h);
  const largest = Math.max(
    noise,
    ...shown.flatMap(({ seeds }) => horizons.map((h) => mean(seeds.map((errors) => errors[h])))),
  );
  return {
    title: 'Errors, trained up to the line',
    x: { label: `steps of ${STEP} s since the last measurement`, spacing: 1 },
    y: { label: 'root mean squared error', unit: 'm', range: [0, 1.05 * largest] },
    series: [
      { name: 'noise of a measurement', x: [0, horizons.length - 1], y: [noise, noise], color: 5, style: 'dashed' },
      ...shown.map(({ predictor, seeds }) => ({
        name: nameOf(predictor),
        x: horizons,
        y: horizons.map((h) => mean(seeds.map((errors) => errors[h]))),
        ...looks[predictor],
      })),
    ],
    border: ahead,
    height: 290,
  };
}
