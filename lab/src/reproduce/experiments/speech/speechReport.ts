/** What the results of the speech experiment say: tables, sentences, goals, the figure, and the sound. */
import { encodeWav } from '@mamba-ts/core/formats';
import { muLawDecode } from '@mamba-ts/core/tokenize';
import type { Panel } from '@mamba-ts/forecast/chart';
import type { Goal, Report } from '../../experiment.ts';
import { count } from '../../parts/numbers.ts';
import { mean } from '../../parts/statistics.ts';
import type { Score } from './classify.ts';
import { type Continued, tokensIn } from './continuation.ts';
import { SAMPLE_RATE } from './digits.ts';

export interface DigitsResult extends Score {
  kind: 'digits';
  model: string;
  /** The speaker never heard; none: clips of known speakers. */
  leftOut?: string;
  clips: { train: number; test: number };
  parameters: number;
  updates: number;
}

export interface SoundResult {
  kind: 'sound';
  /** Bits a token of unheard clips: the model's, and those of a table of pairs. */
  bits: number;
  pairBits: number;
  clips: { train: number; test: number };
  parameters: number;
  updates: number;
  continued: Continued;
}

export type SpeechResult = DigitsResult | SoundResult;

const KNOWN_GOAL = 0.95;
const STRANGER_GOAL = 0.8;
const NAMES: Readonly<Record<string, string>> = { mamba: 'Mamba', mamba2: 'Mamba-2', mamba3: 'Mamba-3', s4d: 'S4D' };
const nameOf = (model: string) => NAMES[model] ?? model;
const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

export function speechReport(results: readonly SpeechResult[]): Report {
  const digits = results.filter((one) => one.kind === 'digits');
  const sound = results.filter((one) => one.kind === 'sound');
  const models = [...new Set(digits.map(({ model }) => model))];
  const of = (model: string, strangers: boolean) =>
    digits.filter((one) => one.model === model && (one.leftOut !== undefined) === strangers);
  const average = (some: readonly DigitsResult[]) => mean(some.map(({ accuracy }) => accuracy));
  const known = of('mamba', false);
  const strangers = of('mamba', true);
  const goals: Goal[] = [
    {
      what: `Mamba, unheard clips of known speakers: at least ${percent(KNOWN_GOAL)} right`,
      measured: percent(average(known)),
      reached: average(known) >= KNOWN_GOAL,
    },
    {
      what: `Mamba, a speaker never heard, mean of the speakers left out: at least ${percent(STRANGER_GOAL)} right`,
      measured: `${percent(average(strangers))} (${strangers.map((one) => `${one.leftOut} ${percent(one.accuracy)}`).join(', ')})`,
      reached: average(strangers) >= STRANGER_GOAL,
    },
    ...sound.map(({ bits, pairBits }) => ({
      what: 'A language model of sound tells unheard clips in fewer bits a sample than a table of pairs',
      measured: `${bits.toFixed(2)}, the table ${pairBits.toFixed(2)}`,
      reached: bits < pairBits,
    })),
  ];
  const says = [
    ...models.flatMap((model) => {
      const [near, far] = [of(model, false), of(model, true)];
      if (near.length === 0 || far.length === 0) return [];
      const [{ parameters }] = near;
      return `${nameOf(model)} (${count(parameters)} parameters) is right on ${percent(average(near))} of unheard clips of known speakers, and on ${percent(average(far))} of the clips of a speaker never heard (mean of ${far.length}).`;
    }),
    ...strangers.slice(0, 1).map(() => mistakes(strangers)),
    ...sound.map(
      ({ bits, pairBits, continued: c }) =>
        `The language model needs ${bits.toFixed(2)} bits a mu-law sample of 8, a table of pairs ${pairBits.toFixed(2)}. It heard ${(c.heard / SAMPLE_RATE).toFixed(2)} s of a clip in which ${c.speaker} says ${c.digit}, and went on as continuation.wav has it.`,
    ),
  ];
  return {
    tables: [{ title: 'Right of unheard clips', rows: table(digits, models) }],
    says,
    goals,
    figure: {
      title: 'Spoken digits from raw samples',
      description: says.join(' '),
      panels: [accuracyPanel(digits, models), ...sound.slice(0, 1).map((one) => soundPanel(one.continued))],
    },
    files: Object.fromEntries(
      sound.map((one) => [
        'continuation.wav',
        encodeWav(muLawDecode(tokensIn(one.continued)), { sampleRate: SAMPLE_RATE }),
      ]),
    ),
  };
}

const testOf = ({ leftOut }: DigitsResult) => (leftOut === undefined ? 'known speakers' : `${leftOut}, never heard`);

/** Seeds of one split, together. */
function table(digits: readonly DigitsResult[], models: readonly string[]): string[][] {
  const header = [
    'test',
    'clips: trained on',
    'tested',
    ...models.flatMap((m) => [nameOf(m), `${nameOf(m)}, heard once`]),
  ];
  const tests = [...new Set(digits.map(testOf))];
  const cell = (some: readonly number[]) => (some.length > 0 ? percent(mean(some)) : '');
  return [
    header,
    ...tests.map((test) => {
      const rows = digits.filter((one) => testOf(one) === test);
      const [{ clips }] = rows;
      const cells = models.flatMap((model) => {
        const own = rows.filter((one) => one.model === model);
        return [cell(own.map(({ accuracy }) => accuracy)), cell(own.map(({ once }) => once))];
      });
      return [test, String(clips.train), String(clips.test), ...cells];
    }),
    [
      'mean of those never heard',
      '',
      '',
      ...models.flatMap((model) => {
        const own = digits.filter((one) => one.model === model && one.leftOut !== undefined);
        return [cell(own.map(({ accuracy }) => accuracy)), cell(own.map(({ once }) => once))];
      }),
    ],
  ];
}

/** Which digit was taken for which, the most often. */
function mistakes(results: readonly DigitsResult[]): string {
  const pairs = results[0].confusion.flatMap((row, digit) =>
    row.map((_, taken) => ({
      digit,
      taken,
      count: digit === taken ? 0 : results.reduce((sum, { confusion }) => sum + confusion[digit][taken], 0),
    })),
  );
  const most = pairs.sort((a, b) => b.count - a.count).slice(0, 3);
  const wrong = results.reduce((sum, { accuracy, clips }) => sum + Math.round((1 - accuracy) * clips.test), 0);
  return (
    `Of ${nameOf(results[0].model)}'s ${wrong} mistakes with speakers never heard, the most are ` +
    `${most.map(({ digit, taken, count }) => `${digit} taken for ${taken} (${count})`).join(', ')}.`
  );
}

const APART = 0.26;

/** A line a test, a colour a model. */
function accuracyPanel(digits: readonly DigitsResult[], models: readonly string[]): Panel {
  const tests = [...new Set(digits.map(testOf))];
  const least = Math.min(...digits.map((one) => whiskersOf(one)[0]));
  return {
    title: 'Right of unheard clips, with 95 % intervals',
    x: { label: 'right', unit: '%', range: [10 * Math.floor(least / 10), 100] },
    y: { label: '', names: tests },
    series: models.map((model, k) => {
      const own = digits.filter((one) => one.model === model);
      return {
        name: nameOf(model),
        style: 'points',
        color: k,
        x: own.map(({ accuracy }) => 100 * accuracy),
        y: own.map((one) => tests.indexOf(testOf(one)) + APART * (k - (models.length - 1) / 2)),
        whiskers: own.map(whiskersOf),
      };
    }),
    height: 70 + 34 * tests.length,
  };
}

/** Wilson's 95 % interval of a part of so many clips. */
function whiskersOf({ accuracy: p, clips: { test: n } }: DigitsResult): readonly [number, number] {
  const z = 1.96;
  const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))) / (1 + z ** 2 / n);
  return [100 * (middle - half), 100 * (middle + half)];
}

function soundPanel(one: Continued): Panel {
  const samples = Array.from(muLawDecode(tokensIn(one)), (value) => Number(value.toFixed(3)));
  const times = samples.map((_, i) => i / SAMPLE_RATE);
  const { heard, speaker, digit } = one;
  return {
    title: `${speaker} says ${digit}: what the language model heard, and how it goes on`,
    x: { label: 'time', unit: 's' },
    y: { label: 'sample', range: [-1, 1] },
    border: heard / SAMPLE_RATE,
    series: [
      { name: 'heard', x: times.slice(0, heard), y: samples.slice(0, heard), color: 0, width: 0.8 },
      { name: 'generated', x: times.slice(heard), y: samples.slice(heard), color: 1, width: 0.8 },
    ],
    height: 210,
  };
}
