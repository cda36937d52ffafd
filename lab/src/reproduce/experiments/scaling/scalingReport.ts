/** What the runs of `scaling` say, and their figure. */

import { stateBytes } from '@mamba-ts/core/layers';
import { size } from '@mamba-ts/core/train';
import type { Panel, Series } from '@mamba-ts/forecast/chart';
import type { Report, Table } from '../../experiment.ts';
import { count } from '../../parts/numbers.ts';
import { exponentOf } from '../../parts/timing.ts';
import { declared, type Measures, type Settings, type Side, sideNames, sides } from './setup.ts';

/** Lengths at the long end that an exponent is fitted to. */
const END = 3;

export function reportOf(settings: Settings, results: ReadonlyMap<string, Measures>): Report {
  const of = (id: string) => results.get(id) as Measures;
  const [reading, training, generating, stream] = ['reading', 'training', 'generating', 'stream'].map(of);
  const exponent = ({ lengths, curves }: Measures, side: Side) =>
    exponentOf(lengths.slice(-END), (curves[side]?.seconds ?? []).slice(-END));
  const streamExponent = exponent(stream, 'mamba');
  const rate = (side: Side) => 1 / (generating.curves[side]?.seconds.at(-1) ?? Number.NaN);
  const faster = rate('mamba') / rate('transformer');
  const growth = ratioOf(stream.curves.mamba?.peak);
  const longest = count(settings.longest);
  const streamed = count(settings.stream);
  const reader = declared({ ...settings, longest: settings.stream }, 'transformer');
  const cache = stateBytes(reader.stateFields, 1, settings.stream);
  const exponents = (measures: Measures) =>
    sides.map((side) => `${sideNames[side]} ${exponent(measures, side).toFixed(2)}`).join(', ');
  const isLinear = (value: number) => value >= 0.85 && value <= 1.15;
  const bends = (measures: Measures) =>
    isLinear(exponent(measures, 'mamba')) && exponent(measures, 'transformer') >= 1.6;
  return {
    tables: [
      timeTable('Reading at once', reading, ['peak', 'state']),
      timeTable('A training step over one sequence', training, ['peak']),
      rateTable(generating),
      streamTable(stream),
    ],
    says: [
      `Reading ${longest} tokens takes Mamba ${last(reading, 'mamba')} and a Transformer of as many parameters ` +
        `${last(reading, 'transformer')}; a training step ${last(training, 'mamba')} and ${last(training, 'transformer')}.`,
      `Time grows with length to the power of: reading, ${exponents(reading)}; training, ${exponents(training)} ` +
        `(fitted to the longest ${END} lengths).`,
      `After ${longest} tokens Mamba writes ${faster.toFixed(1)} times as many tokens a second.`,
      `Mamba reads ${streamed} tokens in pieces of ${count(settings.piece)}, in ${size(stream.curves.mamba?.peak.at(-1) ?? 0)} of ` +
        `memory and with a state of ${size(stream.curves.mamba?.state.at(-1) ?? 0)}; the Transformer would hold ` +
        `${size(cache)} of keys and values.`,
      reading.ofProcess
        ? 'All on one thread; times are those of the process, which other programs disturb little; rates of generation still vary by some 15 %.'
        : 'Times are by the clock on the wall: other programs disturb them.',
    ],
    goals: [
      {
        what: 'reading: linear in length (power 0.85 to 1.15) against quadratic (1.6 or more)',
        measured: exponents(reading),
        reached: bends(reading),
      },
      {
        what: 'training: linear in length (power 0.85 to 1.15) against quadratic (1.6 or more)',
        measured: exponents(training),
        reached: bends(training),
      },
      {
        what: `at least 5 times the Transformer's tokens a second after ${count(16_384)} tokens`,
        measured: `${faster.toFixed(1)} times, after ${longest}`,
        reached: settings.longest >= 16_384 && faster >= 5,
      },
      {
        what: `${count(2 ** 20)} tokens read in constant memory and linear time`,
        measured: `${streamed} tokens: memory × ${growth.toFixed(2)}, power ${streamExponent.toFixed(2)}`,
        reached: settings.stream >= 2 ** 20 && growth <= 1.01 && isLinear(streamExponent),
      },
    ],
    figure: {
      title: 'What length costs: Mamba and a Transformer of equal size',
      description: 'Time, memory and speed against length on logarithmic axes, for both models.',
      columns: 2,
      legend: 'shared',
      panels: panelsOf(reading, training, generating, stream),
    },
  };
}

/** Of the last to the first. */
const ratioOf = (values: readonly number[] = []): number => (values.at(-1) as number) / values[0];

const last = ({ curves }: Measures, side: Side): string => secondsText(curves[side]?.seconds.at(-1) ?? Number.NaN);
const secondsText = (seconds: number): string =>
  seconds < 1 ? `${Number((1000 * seconds).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`;

const columnNames = { peak: 'memory', state: 'remembered' } as const;

function timeTable(title: string, { lengths, curves, parameters }: Measures, extras: ('peak' | 'state')[]): Table {
  const named = (side: Side) => `${sideNames[side]} (${count(parameters[side] ?? 0)} parameters)`;
  return {
    title: `${title}: ${sides.map(named).join(', ')}`,
    rows: [
      [
        'tokens',
        ...sides.map((side) => `${sideNames[side]}, time`),
        ...extras.flatMap((what) => sides.map((side) => `${sideNames[side]}, ${columnNames[what]}`)),
      ],
      ...lengths.map((length, i) => [
        count(length),
        ...sides.map((side) => secondsText(curves[side]?.seconds[i] ?? Number.NaN)),
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
      return [count(length), ours.toFixed(0), theirs.toFixed(0), (ours / theirs).toFixed(1)];
    }),
  ],
});

const streamTable = ({ lengths, curves: { mamba } }: Measures): Table => ({
  title: 'Mamba reads a stream in pieces',
  rows: [
    ['tokens', 'time', 'memory', 'remembered'],
    ...lengths.map((length, i) => [
      count(length),
      secondsText(mamba?.seconds[i] ?? Number.NaN),
      size(mamba?.peak[i] ?? 0),
      size(mamba?.state[i] ?? 0),
    ]),
  ],
});

const COLORS: Readonly<Record<Side, number>> = { mamba: 1, transformer: 2 };
const MIB = 2 ** 20;

function panelsOf(reading: Measures, training: Measures, generating: Measures, stream: Measures): Panel[] {
  const curve = (
    side: Side,
    { lengths, curves }: Measures,
    of: (at: number) => number,
    name = sideNames[side],
  ): Series => ({
    name,
    x: lengths,
    y: lengths.map((_, i) => of(i)),
    style: side === 'mamba' && !curves.transformer ? 'dashed' : 'both',
    color: COLORS[side],
  });
  const both = (measures: Measures, of: (side: Side, i: number) => number) =>
    sides.map((side) => curve(side, measures, (i) => of(side, i)));
  const at = (measures: Measures, what: 'seconds' | 'peak' | 'state') => (side: Side, i: number) =>
    measures.curves[side]?.[what][i] ?? Number.NaN;
  const x = { label: 'length', unit: 'tokens', log: true };
  const inPieces = 'Mamba, in pieces';
  return [
    {
      title: 'Reading',
      x,
      y: { label: 'time', unit: 's', log: true },
      series: [
        ...both(reading, at(reading, 'seconds')),
        curve('mamba', stream, (i) => at(stream, 'seconds')('mamba', i), inPieces),
      ],
    },
    {
      title: 'A training step',
      x,
      y: { label: 'time', unit: 's', log: true },
      series: both(training, at(training, 'seconds')),
    },
    {
      title: 'What is remembered',
      x,
      y: { label: 'memory', unit: 'MiB', log: true },
      series: [
        ...both(reading, (side, i) => at(reading, 'state')(side, i) / MIB),
        curve('mamba', stream, (i) => at(stream, 'state')('mamba', i) / MIB, inPieces),
      ],
    },
    {
      title: 'Generating, after so many tokens',
      x,
      y: { label: 'speed', unit: 'tokens/s', log: true },
      series: both(generating, (side, i) => 1 / at(generating, 'seconds')(side, i)),
    },
  ];
}
