/** Classifying clips by the spoken digit: training batches of changed clips, and the accuracy of a model. */
import { shuffled } from '@mamba-ts/core/data';
import { softmax } from '@mamba-ts/core/math';
import type { SequenceModel } from '@mamba-ts/core/models';
import type { Random } from '@mamba-ts/core/random';
import { scope } from '@mamba-ts/core/tensor';
import type { TaskMaker, TrainingBatch } from '@mamba-ts/core/train';
import { augmentSound, loudness, played, type SoundChanges } from '../../../sound/augmentSound.ts';
import { analysed } from '../../../sound/revoice.ts';
import type { Clip } from './spokenDigits.ts';

export const DIGITS = 10;

/** Changes that do not matter to a listener, and should not matter to a model. */
export const CHANGES: SoundChanges = {
  pitch: 0.25,
  breath: 0.9,
  speed: 0.3,
  sway: 0.08,
  shift: 0.05,
  equalizer: 12,
  phase: 3,
  tilt: 0.5,
  mask: 0.1,
  noise: [15, 45],
  flip: true,
};

/** The clips of this number of batches are sorted by length, so that the clips of a batch have nearly one length. */
const SORTED_BATCHES = 8;

/** Each pass has every clip once, in another order and with other changes. The step is all the state of the task. */
export const digitTask =
  (model: SequenceModel, clips: readonly Clip[], changes: SoundChanges): TaskMaker =>
  ({ batchSize }, random) => {
    const frame = model.config.dInput;
    const perPass = Math.ceil(clips.length / batchSize);
    // A clip gets many voices and is analysed once.
    const spoken = clips.map(({ samples }) => analysed(samples));
    let step = 0;
    let order: { pass: number; batches: number[][] } = { pass: -1, batches: [] };
    return {
      async next(): Promise<TrainingBatch> {
        const pass = Math.floor(step / perPass);
        if (order.pass !== pass) order = { pass, batches: batchesOf(clips, batchSize, random.fork(`pass ${pass}`)) };
        const chosen = order.batches[step % perPass];
        const draw = random.fork(`changes ${step}`);
        step++;
        const rows = chosen.map((i) => framesOf(augmentSound(clips[i].samples, changes, draw, spoken[i]), frame));
        const labels = Int32Array.from(chosen, (i) => clips[i].digit);
        const steps = rows.reduce((sum, { length }) => sum + length / frame, 0);
        return { steps, loss: () => ({ loss: model.loss(rows, labels) }) };
      },
      state: () => step,
      restore(saved) {
        step = saved as number;
      },
    };
  };

function batchesOf(clips: readonly Clip[], batchSize: number, random: Random): number[][] {
  const order = shuffled(
    clips.map((_, i) => i),
    random,
  );
  const batches: number[][] = [];
  for (let at = 0; at < order.length; at += SORTED_BATCHES * batchSize) {
    const some = order.slice(at, at + SORTED_BATCHES * batchSize);
    some.sort((a, b) => clips[a].samples.length - clips[b].samples.length);
    for (let i = 0; i < some.length; i += batchSize) batches.push(some.slice(i, i + batchSize));
  }
  return shuffled(batches, random);
}

/** Longer clips are cut: a second is more than enough for a digit. */
const MAX_SAMPLES = 8000;
const LOUDNESS_FLOOR = 1e-6;
const EMPHASIS = 0.9;

/**
 * Frames of `frame` samples, at loudness 1 after y = x − 0.9 x₋₁, which raises the high frequencies that are weak in
 * speech. The last frame is padded with 0.
 */
export function framesOf(samples: Float32Array, frame: number): Float32Array {
  const length = Math.min(samples.length, MAX_SAMPLES);
  const result = new Float32Array(Math.ceil(length / frame) * frame);
  for (let i = 0; i < length; i++) result[i] = samples[i] - (i > 0 ? EMPHASIS * samples[i - 1] : 0);
  const factor = 1 / (loudness(result.subarray(0, length)) + LOUDNESS_FLOOR);
  for (let i = 0; i < length; i++) result[i] *= factor;
  return result;
}

export interface Score {
  /** The part of right answers, with each clip read at all `speeds`. */
  accuracy: number;
  /** The same with each clip read once, as it is. */
  once: number;
  /** (10, 10): how often each digit was taken for each other. */
  confusion: number[][];
}

/** Clips of one call. */
const TEST_BATCH = 50;
const OWN_SPEED = 1;

/** The accuracy of a model: the mean of the probabilities of a clip at several speeds decides. */
export function scoreOf(model: SequenceModel, clips: readonly Clip[], speeds: readonly number[]): Score {
  const confusion = Array.from({ length: DIGITS }, () => new Array<number>(DIGITS).fill(0));
  let [right, rightOnce] = [0, 0];
  for (let at = 0; at < clips.length; at += TEST_BATCH) {
    const some = clips.slice(at, at + TEST_BATCH);
    const once = probabilities(model, some, OWN_SPEED);
    const sums = once.map(() => new Array<number>(DIGITS).fill(0));
    for (const speed of speeds) {
      const heard = speed === OWN_SPEED ? once : probabilities(model, some, speed);
      heard.forEach((row, i) => {
        row.forEach((p, k) => {
          sums[i][k] += p;
        });
      });
    }
    some.forEach(({ digit }, i) => {
      const answer = largest(sums[i]);
      confusion[digit][answer]++;
      if (answer === digit) right++;
      if (largest(once[i]) === digit) rightOnce++;
    });
  }
  return { accuracy: right / clips.length, once: rightOnce / clips.length, confusion };
}

const largest = (values: readonly number[]) => values.indexOf(Math.max(...values));

function probabilities(model: SequenceModel, clips: readonly Clip[], speed: number): number[][] {
  const rows = clips.map(({ samples }) =>
    framesOf(speed === OWN_SPEED ? samples : played(samples, speed), model.config.dInput),
  );
  const outputs = scope(() => model.forward(rows).outputs.read());
  return rows.map((_, i) => Array.from(softmax(outputs.subarray(i * DIGITS, (i + 1) * DIGITS))));
}
