/** The spoken digits of the repository: clips of raw samples, and how they are split into training and test. */
import { join } from 'node:path';
import { audioBlocks } from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';
import { readJsonFile } from '@mamba-ts/core/formats';
import { loudness } from '../../../sound/augmentSound.ts';

export const SAMPLE_RATE = 8000;

/** The speakers in lab/data/digits. */
export const SPEAKERS = { george: 'george', jackson: 'jackson', nicolas: 'nicolas', theo: 'theo' } as const;
export type Speaker = keyof typeof SPEAKERS;

export interface Clip {
  /** 0 to 9. */
  digit: number;
  speaker: string;
  take: number;
  samples: Float32Array;
}

/** Samples of a section whose loudness is measured, and silent sections that are kept at either end. */
const SECTION = 80;
const KEPT_SECTIONS = 2;
/** Silence is below this part of the loudest section. */
const SILENCE = 0.02;
const ADVICE = "It should be the folder lab/data/digits of the repository: restore it, or leave out '--data'.";

/** All clips of a folder in the layout of lab/data/digits, without the silence at their ends. */
export async function readDigits(folder: string): Promise<Clip[]> {
  const path = join(folder, 'index.json');
  const { speakers } = (await readJsonFile(path, ADVICE)) as { speakers?: Record<string, [number, number, number][]> };
  if (!speakers) throw new UsageError('', `${path} has no 'speakers', expected the clips of each. ${ADVICE}`);
  const clips: Clip[] = [];
  for (const [speaker, list] of Object.entries(speakers)) {
    const file = join(folder, `${speaker}.wav`);
    const all = await samplesOf(file);
    let at = 0;
    for (const [digit, take, length] of list) {
      clips.push({ digit, speaker, take, samples: withoutSilence(all.subarray(at, at + length)) });
      at += length;
    }
    if (at !== all.length) {
      throw new UsageError('', `${file} has ${all.length} samples, expected ${at}, as index.json says. ${ADVICE}`);
    }
  }
  return clips;
}

async function samplesOf(file: string): Promise<Float32Array> {
  const blocks: Float32Array[] = [];
  for await (const block of audioBlocks(file, { sampleRate: SAMPLE_RATE })) blocks.push(block);
  const samples = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return samples;
}

/** From a little before the first section with sound to a little after the last. */
export function withoutSilence(samples: Float32Array): Float32Array {
  const levels: number[] = [];
  for (let at = 0; at < samples.length; at += SECTION) levels.push(loudness(samples.subarray(at, at + SECTION)));
  const least = SILENCE * Math.max(...levels);
  const first = levels.findIndex((level) => level >= least);
  const last = levels.findLastIndex((level) => level >= least);
  return samples.slice(Math.max(0, first - KEPT_SECTIONS) * SECTION, (last + 1 + KEPT_SECTIONS) * SECTION);
}

/** One of this number of takes of each speaker and digit is for the test of the random split. */
const TAKES_PER_TEST = 5;

export interface Split {
  train: Clip[];
  test: Clip[];
}

/** Known speakers: one of five takes is held out; `seed` says which. */
export const randomSplit = (clips: readonly Clip[], seed: number): Split =>
  splitBy(clips, ({ take }) => (take + seed) % TAKES_PER_TEST === 0);

/** All clips of one speaker are held out. */
export const withoutSpeaker = (clips: readonly Clip[], speaker: string): Split => {
  const split = splitBy(clips, (clip) => clip.speaker === speaker);
  if (split.test.length > 0) return split;
  const known = [...new Set(clips.map((clip) => clip.speaker))];
  throw new UsageError('speech', `there is no speaker '${speaker}', expected some of ${known.join(', ')}.`);
};

const splitBy = (clips: readonly Clip[], isTest: (clip: Clip) => boolean): Split => ({
  train: clips.filter((clip) => !isTest(clip)),
  test: clips.filter(isTest),
});
