/** The spoken digits that the repository brings: clips of raw samples, and which of them are heard in training. */

import { join } from 'node:path';
import { audioBlocks } from '@mamba-ts/core/data';
import { UsageError } from '@mamba-ts/core/errors';
import { readJsonFile } from '@mamba-ts/core/formats';
import { loudness } from '../../../sound/augmentSound.ts';

export const SAMPLE_RATE = 8000;

export interface Clip {
  /** 0 to 9. */
  digit: number;
  speaker: string;
  take: number;
  samples: Float32Array;
}

/** Samples of a stretch whose loudness is measured; stretches that stay around what was said. */
const STRETCH = 80;
const BEFORE = 2;
const BEHIND = 2;
/** Silence is below this part of the loudest stretch. */
const SILENCE = 0.02;
const ADVICE = "It should be the folder data/digits of the repository: get that again, or leave out '--data'.";

/** All clips of a folder in the layout of data/digits, without the silence at their ends. */
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

/** From a little before the first stretch that is heard to a little behind the last. */
export function withoutSilence(samples: Float32Array): Float32Array {
  const levels: number[] = [];
  for (let at = 0; at < samples.length; at += STRETCH) levels.push(loudness(samples.subarray(at, at + STRETCH)));
  const least = SILENCE * Math.max(...levels);
  const first = levels.findIndex((level) => level >= least);
  const last = levels.findLastIndex((level) => level >= least);
  return samples.slice(Math.max(0, first - BEFORE) * STRETCH, (last + 1 + BEHIND) * STRETCH);
}

/** Every so many takes of each speaker and digit, one is for the test of the random split. */
const EVERY = 5;

export interface Parts {
  train: Clip[];
  test: Clip[];
}

/** Known speakers: of every five takes one, counted on from `seed`, is not heard in training. */
export const randomSplit = (clips: readonly Clip[], seed: number): Parts =>
  parted(clips, ({ take }) => (take + seed) % EVERY === 0);

/** One speaker is never heard. */
export const withoutSpeaker = (clips: readonly Clip[], speaker: string): Parts => {
  const parts = parted(clips, (clip) => clip.speaker === speaker);
  if (parts.test.length > 0) return parts;
  const known = [...new Set(clips.map((clip) => clip.speaker))];
  throw new UsageError('speech', `there is no speaker '${speaker}', expected some of ${known.join(', ')}.`);
};

const parted = (clips: readonly Clip[], isTest: (clip: Clip) => boolean): Parts => ({
  train: clips.filter((clip) => !isTest(clip)),
  test: clips.filter(isTest),
});
