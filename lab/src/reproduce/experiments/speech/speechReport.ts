/** The accuracy on spoken digits, and the sound that the language model generated. */
import { encodeWav } from '@mamba-ts/core/formats';
import { mean, thousands } from '@mamba-ts/core/math';
import { muLawDecode } from '@mamba-ts/core/tokenize';
import type { Panel } from '@mamba-ts/forecast/chart';
import type { Goal, Report } from '../../experiment.ts';
import type { Score } from './digitClassifier.ts';
import { type Continued, tokensIn } from './soundModel.ts';
import { SAMPLE_RATE } from './spokenDigits.ts';

export const speechModels = { mamba: 'Mamba', mamba2: 'Mamba-2', mamba3: 'Mamba-3', s4d: 'S4D' } as const;
export type SpeechModel = keyof typeof speechModels;

export interface DigitsResult extends Score {
  kind: 'digits';
  model: SpeechModel;
  /** The speaker never heard. Without it: clips of known speakers. */
  leftOut?: string;
  clips: { train: number; test: number };
  parameters: number;
  updates: number;
}

export interface SoundResult {
  kind: 'sound';
  /** Bits per token of test clips: the model's, and those of a table of pairs. */
  bits: number;
  pairBits: number;
  clips: { train: number; test: number };
  parameters: number;
  updates: number;
  continued: Continued;
}

export type SpeechResult = DigitsResult | SoundResult;

/** The accuracy to reach on known speakers, and on a speaker never heard. */
const KNOWN_GOAL = 0.95;
const UNKNOWN_GOAL = 0.8;
const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

export function speechReport(results: readonly SpeechResult[]): Report {
  const digits = results.filter((result) => result.kind === 'digits');
  const sound = results.filter((result) => result.kind === 'sound');
  const models = [...new Set(digits.map(({ model }) => model))];
  const findings = [...digitFindings(digits, models), ...sound.map(soundFinding)];
  return {
    tables: [{ title: 'Right answers on held-out clips', rows: table(digits, models) }],
    findings,
    goals: [...digitGoals(digits), ...sound.map(soundGoal)],
    figure: {
      title: 'Spoken digits from raw samples',
      description: findings.join(' '),
      panels: [accuracyPanel(digits, models), ...sound.slice(0, 1).map(({ continued }) => soundPanel(continued))],
    },
    files: Object.fromEntries(
      sound.map(({ continued }) => [
        'continuation.wav',
        encodeWav(muLawDecode(tokensIn(continued)), { sampleRate: SAMPLE_RATE }),
      ]),
    ),
  };
}

const accuracyOf = (results: readonly DigitsResult[]) => mean(results.map(({ accuracy }) => accuracy));

/** The results of a model on known speakers, and on each speaker that was left out. */
function bySpeakers(digits: readonly DigitsResult[], model: SpeechModel) {
  const own = digits.filter((result) => result.model === model);
  return {
    known: own.filter(({ leftOut }) => leftOut === undefined),
    leftOut: own.filter(({ leftOut }) => leftOut !== undefined),
  };
}

function digitGoals(digits: readonly DigitsResult[]): Goal[] {
  const { known, leftOut } = bySpeakers(digits, 'mamba');
  const each = leftOut.map((result) => `${result.leftOut} ${percent(result.accuracy)}`).join(', ');
  return [
    {
      what: `Mamba, held-out clips of known speakers: at least ${percent(KNOWN_GOAL)} right`,
      measured: percent(accuracyOf(known)),
      reached: accuracyOf(known) >= KNOWN_GOAL,
    },
    {
      what: `Mamba, a speaker never heard, mean of the speakers left out: at least ${percent(UNKNOWN_GOAL)} right`,
      measured: `${percent(accuracyOf(leftOut))} (${each})`,
      reached: accuracyOf(leftOut) >= UNKNOWN_GOAL,
    },
  ];
}

const soundGoal = ({ bits, pairBits }: SoundResult): Goal => ({
  what: 'A language model of sound needs fewer bits per sample of held-out clips than a table of pairs',
  measured: `${bits.toFixed(2)}, the table ${pairBits.toFixed(2)}`,
  reached: bits < pairBits,
});

function digitFindings(digits: readonly DigitsResult[], models: readonly SpeechModel[]): string[] {
  const { leftOut } = bySpeakers(digits, 'mamba');
  return [
    ...models.flatMap((model) => {
      const { known, leftOut } = bySpeakers(digits, model);
      if (known.length === 0 || leftOut.length === 0) return [];
      return (
        `${speechModels[model]} (${thousands(known[0].parameters)} parameters) is right on ` +
        `${percent(accuracyOf(known))} of the held-out clips of known speakers, and on ` +
        `${percent(accuracyOf(leftOut))} of the clips of a speaker never heard (mean of ${leftOut.length}).`
      );
    }),
    ...(leftOut.length > 0 ? [mistakes(leftOut)] : []),
  ];
}

const soundFinding = ({ bits, pairBits, continued: { heard, speaker, digit } }: SoundResult): string =>
  `The language model needs ${bits.toFixed(2)} bits per mu-law sample of 8 bits, a table of pairs ` +
  `${pairBits.toFixed(2)}. In continuation.wav it continues the first ${(heard / SAMPLE_RATE).toFixed(2)} s of a clip ` +
  `in which ${speaker} says ${digit}.`;

const testOf = ({ leftOut }: DigitsResult) => (leftOut === undefined ? 'known speakers' : `${leftOut}, never heard`);

/** A row for each test, and the mean over the speakers that were left out. */
function table(digits: readonly DigitsResult[], models: readonly SpeechModel[]): string[][] {
  const header = [
    'test',
    'clips: trained on',
    'tested',
    ...models.flatMap((m) => [speechModels[m], `${speechModels[m]}, heard once`]),
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
      'mean of the speakers never heard',
      '',
      '',
      ...models.flatMap((model) => {
        const own = digits.filter((one) => one.model === model && one.leftOut !== undefined);
        return [cell(own.map(({ accuracy }) => accuracy)), cell(own.map(({ once }) => once))];
      }),
    ],
  ];
}

/** The most frequent confusions of digits. */
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
    `Of ${speechModels[results[0].model]}'s ${wrong} mistakes with speakers never heard, the most are ` +
    `${most.map(({ digit, taken, count }) => `${digit} taken for ${taken} (${count})`).join(', ')}.`
  );
}

/** Between the dots of two models on one line. */
const DOT_SPACING = 0.26;

/** A line for each test, a colour for each model. */
function accuracyPanel(digits: readonly DigitsResult[], models: readonly SpeechModel[]): Panel {
  const tests = [...new Set(digits.map(testOf))];
  const least = Math.min(...digits.map((one) => whiskersOf(one)[0]));
  return {
    title: 'Right answers on held-out clips, with 95 % intervals',
    x: { label: 'right', unit: '%', range: [10 * Math.floor(least / 10), 100] },
    y: { label: '', names: tests },
    series: models.map((model, k) => {
      const own = digits.filter((one) => one.model === model);
      return {
        name: speechModels[model],
        style: 'points',
        color: k,
        x: own.map(({ accuracy }) => 100 * accuracy),
        y: own.map((one) => tests.indexOf(testOf(one)) + DOT_SPACING * (k - (models.length - 1) / 2)),
        whiskers: own.map(whiskersOf),
      };
    }),
    height: 70 + 34 * tests.length,
  };
}

/** Wilson's 95 % interval of the accuracy. */
function whiskersOf({ accuracy: p, clips: { test: n } }: DigitsResult): readonly [number, number] {
  const z = 1.96;
  const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))) / (1 + z ** 2 / n);
  return [100 * (middle - half), 100 * (middle + half)];
}

function soundPanel(continued: Continued): Panel {
  const samples = Array.from(muLawDecode(tokensIn(continued)), (value) => Number(value.toFixed(3)));
  const times = samples.map((_, i) => i / SAMPLE_RATE);
  const { heard, speaker, digit } = continued;
  return {
    title: `${speaker} says ${digit}: what the language model heard, and how it continues`,
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
