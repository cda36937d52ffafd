/** Tables and the figure of what length costs. */

import { stateBytes } from '@mamba-ts/core/layers';
import { slopeOf, thousands } from '@mamba-ts/core/math';
import { size } from '@mamba-ts/core/train';
import type { Panel, Series } from '@mamba-ts/forecast/chart';
import type { Goal, Report, Row, Table } from '../../experiment.ts';
import type { Measurement } from './measurements.ts';
import { declaredModel, type Measures, type ScalingSettings, type Side, sideNames, sides } from './scalingModels.ts';

/** The number of longest lengths that an exponent is fitted to. */
const FITTED_LENGTHS = 3;
/** The number of tokens before generation, and the factor by which Mamba is to be faster after them. */
const GENERATED_AFTER = 16_384;
const MIN_FASTER = 5;
const STREAM_LENGTH = 2 ** 20;
const MIB = 2 ** 20;

type Found = Readonly<Record<Measurement, Measures>>;

export function scalingReport(
  rows: readonly Row<{ measurement: Measurement }, Measures>[],
  settings: ScalingSettings,
): Report {
  const found = Object.fromEntries(rows.map(({ variant, result }) => [variant.measurement, result])) as Found;
  return {
    tables: [
      timeTable('Reading in one call', found.reading, ['peak', 'state']),
      timeTable('A training step over one sequence', found.training, ['peak']),
      rateTable(found.generating),
      streamTable(found.stream),
    ],
    findings: findingsOf(found, settings),
    goals: goalsOf(found, settings),
    figure: {
      title: 'What length costs: Mamba and a Transformer of equal size',
      description: 'Time, memory and speed against length on logarithmic axes, for both models.',
      columns: 2,
      legend: 'shared',
      panels: panelsOf(found),
    },
  };
}

/** b of seconds ≈ a lengthᵇ, over the longest lengths. */
function exponentOf({ lengths, curves }: Measures, side: Side): number {
  const seconds = curves[side]?.seconds ?? [];
  return slopeOf(lengths.slice(-FITTED_LENGTHS).map(Math.log), seconds.slice(-FITTED_LENGTHS).map(Math.log));
}

const exponents = (measures: Measures) =>
  sides.map((side) => `${sideNames[side]} ${exponentOf(measures, side).toFixed(2)}`).join(', ');

/** How many times as many tokens a second Mamba writes, after the longest context. */
function speedUp({ curves: { mamba, transformer } }: Measures): number {
  return (transformer?.seconds.at(-1) ?? Number.NaN) / (mamba?.seconds.at(-1) ?? Number.NaN);
}

function findingsOf({ reading, training, generating, stream }: Found, settings: ScalingSettings): string[] {
  const longest = thousands(settings.longest);
  const mamba = stream.curves.mamba;
  const cache = stateBytes(
    declaredModel({ ...settings, longest: settings.stream }, 'transformer').stateFields,
    1,
    settings.stream,
  );
  return [
    `Reading ${longest} tokens takes Mamba ${lastTime(reading, 'mamba')} and a Transformer of as many parameters ` +
      `${lastTime(reading, 'transformer')}; a training step takes ${lastTime(training, 'mamba')} and ` +
      `${lastTime(training, 'transformer')}.`,
    `Time grows with length to the power of: reading, ${exponents(reading)}; training, ${exponents(training)} ` +
      `(fitted to the longest ${FITTED_LENGTHS} lengths).`,
    `After ${longest} tokens Mamba writes ${speedUp(generating).toFixed(1)} times as many tokens a second.`,
    `Mamba reads ${thousands(settings.stream)} tokens in pieces of ${thousands(settings.piece)}, in ` +
      `${size(mamba?.peak.at(-1) ?? 0)} of memory and with a state of ${size(mamba?.state.at(-1) ?? 0)}; ` +
      `the Transformer would hold ${size(cache)} of keys and values.`,
    reading.ofProcess
      ? 'All on one thread; times are CPU times of the process, which other programs disturb little; rates of generation still vary by about 15 %.'
      : 'Times are by the wall clock: other programs disturb them.',
  ];
}

function goalsOf({ reading, training, generating, stream }: Found, settings: ScalingSettings): Goal[] {
  const isLinear = (value: number) => value >= 0.85 && value <= 1.15;
  const differ = (measures: Measures) =>
    isLinear(exponentOf(measures, 'mamba')) && exponentOf(measures, 'transformer') >= 1.6;
  const faster = speedUp(generating);
  const peak = stream.curves.mamba?.peak ?? [];
  const growth = (peak.at(-1) ?? Number.NaN) / peak[0];
  const streamExponent = exponentOf(stream, 'mamba');
  return [
    {
      what: 'reading: linear in length (power 0.85 to 1.15) against quadratic (1.6 or more)',
      measured: exponents(reading),
      reached: differ(reading),
    },
    {
      what: 'training: linear in length (power 0.85 to 1.15) against quadratic (1.6 or more)',
      measured: exponents(training),
      reached: differ(training),
    },
    {
      what: `at least ${MIN_FASTER} times the Transformer's tokens a second after ${thousands(GENERATED_AFTER)} tokens`,
      measured: `${faster.toFixed(1)} times, after ${thousands(settings.longest)}`,
      reached: settings.longest >= GENERATED_AFTER && faster >= MIN_FASTER,
    },
    {
      what: `${thousands(STREAM_LENGTH)} tokens read in constant memory and linear time`,
      measured: `${thousands(settings.stream)} tokens: memory × ${growth.toFixed(2)}, power ${streamExponent.toFixed(2)}`,
      reached: settings.stream >= STREAM_LENGTH && growth <= 1.01 && isLinear(streamExponent),
    },
  ];
}

const lastTime = ({ curves }: Measures, side: Side): string => timeText(curves[side]?.seconds.at(-1) ?? Number.NaN);
const timeText = (seconds: number): string =>
  seconds < 1 ? `${Number((1000 * seconds).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`;

const columnNames = { peak: 'memory', state: 'state' } as const;

function timeTable(title: string, { lengths, curves, parameters }: Measures, extras: ('peak' | 'state')[]): Table {
  const named = (side: Side) => `${sideNames[side]} (${thousands(parameters[side] ?? 0)} parameters)`;
  return {
    title: `${title}: ${sides.map(named).join(', ')}`,
    rows: [
      [
        'tokens',
        ...sides.map((side) => `${sideNames[side]}, time`),
        ...extras.flatMap((what) => sides.map((side) => `${sideNames[side]}, ${columnNames[what]}`)),
      ],
      ...lengths.map((length, i) => [
        thousands(length),
        ...sides.map((side) => timeText(curves[side]?.seconds[i] ?? Number.NaN)),
        ...extras.flatMap((what) => sides.map((side) => size(curves[side]?.[what][i] ?? 0))),
      ]),
    ],
  };
}

const rateTable = ({ lengths, curves }: Measures): Table => ({
  title: 'Generating, tokens a second',
  rows: [
    ['tokens read before', ...sides.map((side) => sideNames[side]), 'Mamba, times as fast'],
    ...lengths.map((length, i) => {
      const [ours, theirs] = sides.map((side) => 1 / (curves[side]?.seconds[i] ?? Number.NaN));
      return [thousands(length), ours.toFixed(0), theirs.toFixed(0), (ours / theirs).toFixed(1)];
    }),
  ],
});

const streamTable = ({ lengths, curves: { mamba } }: Measures): Table => ({
  title: 'Mamba reads a stream in pieces',
  rows: [
    ['tokens', 'time', 'memory', 'state'],
    ...lengths.map((length, i) => [
      thousands(length),
      timeText(mamba?.seconds[i] ?? Number.NaN),
      size(mamba?.peak[i] ?? 0),
      size(mamba?.state[i] ?? 0),
    ]),
  ],
});

const COLORS: Readonly<Record<Side, number>> = { mamba: 1, transformer: 2 };

function panelsOf({ reading, training, generating, stream }: Found): Panel[] {
  const at = (measures: Measures, what: 'seconds' | 'peak' | 'state', side: Side, i: number) =>
    measures.curves[side]?.[what][i] ?? Number.NaN;
  const both = ({ lengths }: Measures, of: (side: Side, i: number) => number) =>
    sides.map(
      (side): Series => ({
        name: sideNames[side],
        x: lengths,
        y: lengths.map((_, i) => of(side, i)),
        style: 'both',
        color: COLORS[side],
      }),
    );
  const inPieces = (of: (i: number) => number): Series => ({
    name: 'Mamba, in pieces',
    x: stream.lengths,
    y: stream.lengths.map((_, i) => of(i)),
    style: 'dashed',
    color: COLORS.mamba,
  });
  const x = { label: 'length', unit: 'tokens', log: true };
  return [
    {
      title: 'Reading',
      x,
      y: { label: 'time', unit: 's', log: true },
      series: [
        ...both(reading, (side, i) => at(reading, 'seconds', side, i)),
        inPieces((i) => at(stream, 'seconds', 'mamba', i)),
      ],
    },
    {
      title: 'A training step',
      x,
      y: { label: 'time', unit: 's', log: true },
      series: both(training, (side, i) => at(training, 'seconds', side, i)),
    },
    {
      title: 'State, or cache of keys and values',
      x,
      y: { label: 'memory', unit: 'MiB', log: true },
      series: [
        ...both(reading, (side, i) => at(reading, 'state', side, i) / MIB),
        inPieces((i) => at(stream, 'state', 'mamba', i) / MIB),
      ],
    },
    {
      title: 'Generating after a context of this length',
      x,
      y: { label: 'speed', unit: 'tokens/s', log: true },
      series: both(generating, (side, i) => 1 / at(generating, 'seconds', side, i)),
    },
  ];
}
