/** Tables, sentences, goals and the figure of the springs, from what the runs gave. */
import { UsageError } from '@mamba-ts/core/errors';
import type { Panel, Series } from '@mamba-ts/forecast/chart';
import type { SpringWorld } from '../../../tasks/springs.ts';
import type { Goal, Report, Table } from '../../experiment.ts';
import { count } from '../../parts/numbers.ts';
import { mean, withError } from '../../parts/statistics.ts';
import { errorUpTo } from './predictors.ts';
import { type SystemName, systemNames, systems } from './systems.ts';
import type { Example, SpringResult, SpringSettings } from './types.ts';

/** An error of at most so many times the Kalman filter's is near it. */
const NEAR = 1.25;
/** A model that selects errs at most so many times as much as the best linear predictor on the switched spring. */
const SELECTS = 0.5;

const names: Readonly<Record<string, string>> = {
  kalman: 'Kalman filter, knows the equations',
  linear: 'best linear predictor',
  naive: 'last measurement',
  mamba: 'Mamba',
  mamba3: 'Mamba-3',
  s4d: 'S4D',
};
const looks: Readonly<Record<string, Pick<Series, 'color' | 'style' | 'width'>>> = {
  kalman: { color: 0, style: 'dashed' },
  linear: { color: 4, style: 'dashed' },
  mamba: { color: 2 },
  mamba3: { color: 3 },
  s4d: { color: 1 },
};

/** A predictor of a system: its errors by horizon, for each seed. */
interface Measured {
  readonly name: string;
  readonly seeds: readonly (readonly number[])[];
  /** Of a model. */
  readonly parameters?: number;
}

/** What was measured in one world. */
interface Outcome {
  readonly title: string;
  readonly world: SpringWorld;
  readonly rows: readonly Measured[];
}

/** In the world that was learnt from, and in the other one. */
interface SystemOutcome extends Outcome {
  readonly other?: Outcome;
  readonly example: Example;
  readonly predicted: Readonly<Record<string, number[]>>;
}

export function springReport(settings: SpringSettings, results: ReadonlyMap<string, SpringResult>): Report {
  const [fixed, switched] = systemNames.map((system) => outcomeOf(system, settings, results));
  return {
    tables: [fixed, switched, switched.other ?? []].flat().map((outcome) => tableOf(outcome, settings)),
    says: saysOf(fixed, switched, settings),
    goals: goalsOf(fixed, switched, settings),
    figure: {
      title: 'Springs after their measurements fell silent',
      description:
        'Left: one trajectory of each system, with predictions from its last measurement on. Right: the errors of all ' +
        'predictors by horizon; the upright line ends the horizons of training.',
      panels: [fixed, switched].flatMap((one) => [trajectoryPanel(one, settings), errorPanel(one, settings)]),
      columns: 2,
      legend: 'shared',
    },
  };
}

function outcomeOf(
  name: SystemName,
  { models, seeds }: SpringSettings,
  results: ReadonlyMap<string, SpringResult>,
): SystemOutcome {
  const of = (id: string) => {
    const found = results.get(`${name}-${id}`);
    if (!found) throw new UsageError('spring', `there is no result of ${name}-${id}. Run the experiment to its end.`);
    return found;
  };
  const known = of('known');
  if (!known.example) throw new UsageError('spring', `the result of ${name}-known has no example. Run it again.`);
  const rows = (errors: (result: SpringResult) => Readonly<Record<string, number[]>>): Measured[] => [
    ...Object.entries(errors(known)).map(([predictor, one]) => ({ name: predictor, seeds: [one] })),
    ...models.map((model) => {
      const found = seeds.map((seed) => of(`${model}-${seed}`));
      return { name: model, seeds: found.map((one) => errors(one)[model]), parameters: found[0].parameters };
    }),
  ];
  const system = systems[name];
  return {
    ...system,
    rows: rows(({ errors }) => errors),
    other: system.other && { ...system.other, rows: rows(({ other = {} }) => other) },
    example: known.example,
    predicted: Object.assign({ ...known.predicted }, ...models.map((model) => of(`${model}-${seeds[0]}`).predicted)),
  };
}

const rowOf = ({ rows, title }: Outcome, name: string): Measured => {
  const found = rows.find((one) => one.name === name);
  if (!found) throw new UsageError('spring', `there are no errors of ${name} on ${title}.`);
  return found;
};
/** By seed, over the horizons of training. */
const overall = (outcome: Outcome, name: string, until: number): number[] =>
  rowOf(outcome, name).seeds.map((errors) => errorUpTo(errors, until));
/** By seed, times the error of another predictor that has no seeds. */
function relative(outcome: Outcome, name: string, to: string, until: number): number[] {
  const [base] = overall(outcome, to, until);
  return overall(outcome, name, until).map((error) => error / base);
}

/** By seed, over the horizons beyond those of training, times the error of the Kalman filter. */
function beyond(outcome: Outcome, name: string, { ahead, horizon }: SpringSettings): number[] {
  const far = (errors: readonly number[]) => errorUpTo([0, ...errors.slice(ahead + 1)], horizon - ahead);
  const [base] = rowOf(outcome, 'kalman').seeds.map(far);
  return rowOf(outcome, name).seeds.map((errors) => far(errors) / base);
}

function tableOf(outcome: Outcome, { models, ahead, horizon }: SpringSettings): Table {
  const shown = [...new Set([1, Math.ceil(ahead / 4), Math.ceil(ahead / 2), ahead, horizon])].filter(
    (h) => h <= horizon,
  );
  const order = ['kalman', ...models, 'linear', 'naive'];
  return {
    title: `Error (m) on ${outcome.title} by the steps since the last measurement; trained up to ${ahead}`,
    rows: [
      ['', ...shown.map((h) => `${h}`), `1 to ${ahead}`, 'next to Kalman', 'parameters'],
      ...order.map((name) => [
        names[name],
        ...shown.map((h) =>
          withError(
            rowOf(outcome, name).seeds.map((errors) => errors[h]),
            3,
          ),
        ),
        withError(overall(outcome, name, ahead), 3),
        `${withError(relative(outcome, name, 'kalman', ahead), 2)}×`,
        sizeOf(rowOf(outcome, name)),
      ]),
    ],
  };
}

const sizeOf = ({ parameters }: Measured) => (parameters === undefined ? '' : count(parameters));
const sentence = (text: string) => text[0].toUpperCase() + text.slice(1);
const times = (factor: number) => `${factor.toFixed(2)}×`;

function saysOf(fixed: Outcome, switched: SystemOutcome, settings: SpringSettings): string[] {
  const { models, ahead, horizon } = settings;
  const next = (outcome: Outcome, to: string) =>
    models.map((name) => `${names[name]} ${times(mean(relative(outcome, name, to, ahead)))}`).join(', ');
  const linear = (outcome: Outcome) => times(relative(outcome, 'linear', 'kalman', ahead)[0]);
  const { noise } = fixed.world;
  return [
    `One spring, at 1 to ${ahead} steps after the last measurement, next to the Kalman filter that knows the equations: ` +
      `${next(fixed, 'kalman')}; the best linear predictor ${linear(fixed)}.`,
    `The switched spring, next to the Kalman filter that knows equations and switch: ${next(switched, 'kalman')}; ` +
      `the best linear predictor, which bounds whatever is linear and time-invariant, ${linear(switched)}.`,
    ...(horizon > ahead
      ? [
          `Beyond the horizons of training, from ${ahead + 1} to ${horizon} steps, next to the Kalman filter: ` +
            [fixed, switched]
              .map(
                (outcome) =>
                  `${outcome.title}: ` +
                  models.map((name) => `${names[name]} ${times(mean(beyond(outcome, name, settings)))}`).join(', '),
              )
              .join('; ') +
            '.',
        ]
      : []),
    ...(switched.other
      ? [
          `${sentence(switched.other.title)}, next to the Kalman filter: ${next(switched.other, 'kalman')}; ` +
            `the best linear predictor of what was learnt from ${linear(switched.other)}.`,
        ]
      : []),
    `A measurement has noise of ${noise} m; the Kalman filter errs by ` +
      `${rowOf(fixed, 'kalman').seeds[0][ahead].toFixed(2)} m and ${rowOf(switched, 'kalman').seeds[0][ahead].toFixed(2)} m ` +
      `${ahead} steps after the last one.`,
  ];
}

function goalsOf(fixed: Outcome, switched: Outcome, settings: SpringSettings): Goal[] {
  const { models, ahead, horizon } = settings;
  const { noise } = fixed.world;
  const near = (outcome: Outcome, name: string): Goal => {
    const factors = relative(outcome, name, 'kalman', ahead);
    return {
      what: `${outcome.title}: ${names[name]} errs at most ${NEAR} times as much as the Kalman filter, at 1 to ${ahead} steps`,
      measured: `${withError(factors, 2)}×`,
      reached: mean(factors) <= NEAR,
    };
  };
  const quiet = (name: string): Goal => {
    const largest = rowOf(fixed, name).seeds.map((errors) => Math.max(...errors.slice(1, ahead + 1)));
    return {
      what: `${fixed.title}: ${names[name]} errs less than a measurement, ${noise} m, at each of 1 to ${ahead} steps`,
      measured: `at most ${withError(largest, 3)} m`,
      reached: mean(largest) < noise,
    };
  };
  const selects = (name: string): Goal => {
    const factors = relative(switched, name, 'linear', ahead);
    return {
      what: `${switched.title}: ${names[name]} errs at most ${SELECTS} times as much as the best linear predictor`,
      measured: `${withError(factors, 2)}×`,
      reached: mean(factors) <= SELECTS,
    };
  };
  const goesOn = (name: string): Goal => {
    const factors = beyond(fixed, name, settings);
    return {
      what: `${fixed.title}: ${names[name]}, whose states rotate, errs at most ${NEAR} times as much at ${ahead + 1} to ${horizon} steps, too, beyond those of training`,
      measured: `${withError(factors, 2)}×`,
      reached: mean(factors) <= NEAR,
    };
  };
  const selective = models.filter((name) => name !== 's4d');
  return [
    ...models.map((name) => near(fixed, name)),
    ...selective.map(quiet),
    ...models.filter((name) => name === 'mamba3' && horizon > ahead).map(goesOn),
    ...selective.map((name) => near(switched, name)),
    ...selective.map(selects),
  ];
}

const STEP = systems.fixed.world.step;

function trajectoryPanel(
  { title, world, example, predicted }: SystemOutcome,
  { measured, models }: SpringSettings,
): Panel {
  const at = (values: readonly unknown[], from = 0) => values.map((_, t) => STEP * (t + from));
  const ahead = ['kalman', ...models].map((name) => ({
    name: names[name],
    x: at(predicted[name], measured - 1),
    y: predicted[name],
    ...looks[name],
  }));
  return {
    title: `${sentence(title)}, measured to the line`,
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

function errorPanel(outcome: Outcome, { ahead }: SpringSettings): Panel {
  const { noise } = outcome.world;
  const shown = outcome.rows.filter(({ name }) => looks[name]);
  const horizons = shown[0].seeds[0].map((_, h) => h);
  const largest = Math.max(
    noise,
    ...shown.flatMap(({ seeds }) => horizons.map((h) => mean(seeds.map((one) => one[h])))),
  );
  return {
    title: 'Errors, learnt to the line',
    x: { label: `steps of ${STEP} s since the last measurement`, spacing: 1 },
    y: { label: 'root mean squared error', unit: 'm', range: [0, 1.05 * largest] },
    series: [
      { name: 'noise of a measurement', x: [0, horizons.length - 1], y: [noise, noise], color: 5, style: 'dashed' },
      ...shown.map(({ name, seeds }) => ({
        name: names[name],
        x: horizons,
        y: horizons.map((h) => mean(seeds.map((errors) => errors[h]))),
        ...looks[name],
      })),
    ],
    border: ahead,
    height: 290,
  };
}
