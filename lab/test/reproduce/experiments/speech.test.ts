import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeWav } from '../../../../packages/core/src/formats/index.ts';
import { createSequenceModel } from '../../../../packages/core/src/models/registered.ts';
import type { SequenceModel } from '../../../../packages/core/src/models/sequenceModel.ts';
import { Random } from '../../../../packages/core/src/random.ts';
import { openBackend } from '../../../../packages/core/src/tensor/backend.ts';
import { muLawDecode } from '../../../../packages/core/src/tokenize/muLaw.ts';
import { runConfig } from '../../../../packages/core/src/train/options.ts';
import { Trainer } from '../../../../packages/core/src/train/trainer.ts';
import { folderOf } from '../../../../packages/core/test/data/folder.ts';
import { runsOf } from '../../../src/reproduce/experiment.ts';
import { digitTask, framesOf, scoreOf } from '../../../src/reproduce/experiments/speech/digitClassifier.ts';
import { pairBits, soundStore, tokensOf } from '../../../src/reproduce/experiments/speech/soundModel.ts';
import { speech } from '../../../src/reproduce/experiments/speech/speech.ts';
import {
  type Clip,
  randomSplit,
  readDigits,
  withoutSilence,
  withoutSpeaker,
} from '../../../src/reproduce/experiments/speech/spokenDigits.ts';
import { changed } from '../../../src/reproduce/settings.ts';
import type { SoundChanges } from '../../../src/sound/augmentSound.ts';

const DATA = new URL('../../../data/digits', import.meta.url).pathname;

describe('the spoken digits', () => {
  let clips: Clip[];
  beforeAll(async () => {
    clips = await readDigits(DATA);
  });

  it('are 25 takes of each digit by each of four speakers', () => {
    expect(clips.length).toBe(1000);
    const kinds = new Map<string, number>();
    for (const { digit, speaker } of clips)
      kinds.set(`${digit} ${speaker}`, 1 + (kinds.get(`${digit} ${speaker}`) ?? 0));
    expect(kinds.size).toBe(40);
    expect(new Set(kinds.values())).toEqual(new Set([25]));
    for (const { samples } of clips) expect(samples.length).toBeGreaterThan(800);
  });

  it('are split without a clip in both parts, with a fifth of each kind in the test', () => {
    const { train, test } = randomSplit(clips, 1);
    expect([train.length, test.length]).toEqual([800, 200]);
    expect(new Set([...train, ...test]).size).toBe(1000);
    expect(test.filter(({ digit, speaker }) => digit === 7 && speaker === 'theo').length).toBe(5);
    expect(randomSplit(clips, 2).test.some((clip) => test.includes(clip))).toBe(false);
  });

  it('are split by speaker', () => {
    const { train, test } = withoutSpeaker(clips, 'jackson');
    expect(new Set(test.map(({ speaker }) => speaker))).toEqual(new Set(['jackson']));
    expect(new Set(train.map(({ speaker }) => speaker))).toEqual(new Set(['george', 'nicolas', 'theo']));
    expect(() => withoutSpeaker(clips, 'jack')).toThrow(
      "speech: there is no speaker 'jack', expected some of george, jackson, nicolas, theo.",
    );
  });
});

describe('readDigits', () => {
  it('gives each clip its own samples', async () => {
    const tone = Float32Array.from({ length: 400 }, (_, i) => ((i % 7) - 3) / 8);
    const folder = await folderOf({ 'index.json': '{"speakers":{"ann":[[3,5,160],[4,6,240]]}}' });
    await writeFile(join(folder, 'ann.wav'), encodeWav(tone, { sampleRate: 8000 }));
    const clips = await readDigits(folder);
    expect(clips.map(({ digit, speaker, take }) => [digit, speaker, take])).toEqual([
      [3, 'ann', 5],
      [4, 'ann', 6],
    ]);
    expect(clips[0].samples).toEqual(tone.slice(0, 160));
    expect(clips[1].samples).toEqual(tone.slice(160));
  });

  it('says what is wrong with the folder', async () => {
    const folder = await folderOf({ 'index.json': '{"speakers":{"ann":[[3,5,160]]}}' });
    await writeFile(join(folder, 'ann.wav'), encodeWav(new Float32Array(100), { sampleRate: 8000 }));
    await expect(readDigits(folder)).rejects.toThrow('ann.wav has 100 samples, expected 160, as index.json says.');
    await expect(readDigits(await folderOf({ 'index.json': '{}' }))).rejects.toThrow("has no 'speakers'");
    await expect(readDigits(await folderOf())).rejects.toThrow(/index.json cannot be read \(ENOENT\)/);
  });
});

it('withoutSilence keeps the sound and a little around it', () => {
  const samples = new Float32Array(4000);
  for (let i = 1600; i < 2400; i++) samples[i] = Math.sin(i);
  const kept = withoutSilence(samples);
  expect(kept.length).toBe(800 + 4 * 80);
  expect(kept.subarray(160, 960)).toEqual(samples.subarray(1600, 2400));
});

describe('framesOf', () => {
  it('gives whole frames of loudness 1, and the same for a louder clip', () => {
    const samples = Float32Array.from({ length: 100 }, (_, i) => 0.1 * Math.sin(i));
    const frames = framesOf(samples, 32);
    expect(frames.length).toBe(128);
    expect(frames.subarray(100).every((v) => v === 0)).toBe(true);
    expect(Math.sqrt(frames.reduce((sum, v) => sum + v * v, 0) / 100)).toBeCloseTo(1, 4);
    expect(frames[51] / frames[50]).toBeCloseTo(
      (samples[51] - 0.9 * samples[50]) / (samples[50] - 0.9 * samples[49]),
      3,
    );
    const louder = framesOf(
      samples.map((v) => 5 * v),
      32,
    );
    louder.forEach((v, i) => {
      expect(v).toBeCloseTo(frames[i], 3);
    });
  });
});

/** Tones of ten pitches, one for each digit. */
const tones = (count: number): Clip[] =>
  Array.from({ length: count }, (_, i) => ({
    digit: i % 10,
    speaker: 'ann',
    take: i,
    samples: Float32Array.from({ length: 400 + 10 * i }, (_, t) => Math.sin(t * (0.1 + 0.25 * (i % 10)))),
  }));

describe('a task of digits', () => {
  const create = async (): Promise<SequenceModel> =>
    createSequenceModel(
      { model: 'mamba', dModel: 16, nLayer: 1, dInput: 16, nClasses: 10, pooling: 'mean' },
      { backend: await openBackend('wasm', { threads: 1 }), seed: 1 },
    );
  const options = { batchSize: 8, maxIters: 20, learningRate: 1e-2, warmupIters: 2 };
  const changes = { speed: 0.05, noise: [20, 40] } as const;

  const taskOf = (model: SequenceModel, clips: Clip[], given: SoundChanges) => {
    const task = digitTask(model, clips, given);
    const trainer = new Trainer(model, task, options);
    return task(trainer.options, new Random(1), model);
  };

  it('resumes from a state with the same batches', async () => {
    const model = await create();
    const [task, again] = [taskOf(model, tones(20), changes), taskOf(model, tones(20), changes)];
    const first = (await task.next()).loss().loss.read();
    for (let i = 0; i < 3; i++) await task.next();
    again.restore(JSON.parse(JSON.stringify(task.state())));
    for (let i = 0; i < 5; i++) {
      const [a, b] = [await task.next(), await again.next()];
      expect(a.steps).toBe(b.steps);
      expect(a.loss().loss.read()).toEqual(b.loss().loss.read());
      expect(a.loss().loss.read()).not.toEqual(first);
    }
  });

  it('has every clip once in a pass', async () => {
    const task = taskOf(await create(), tones(20), {});
    let steps = 0;
    for (let i = 0; i < 3; i++) steps += (await task.next()).steps;
    expect(steps).toBe(tones(20).reduce((sum, { samples }) => sum + Math.ceil(samples.length / 16), 0));
  });

  it('teaches a model to tell tones apart, and scoreOf counts its answers', async () => {
    const model = await create();
    const trainer = new Trainer(model, digitTask(model, tones(40), changes), { ...options, maxIters: 150 });
    for (let i = 0; i < 150; i++) await trainer.step();
    const score = scoreOf(model, tones(60), [0.98, 1, 1.02]);
    expect(score.once).toBeGreaterThan(0.9);
    const right = score.confusion.reduce((sum, row, digit) => sum + row[digit], 0);
    expect(score.accuracy).toBeCloseTo(right / 60, 10);
    expect(score.confusion.flat().reduce((a, b) => a + b, 0)).toBe(60);
    trainer.dispose();
  });
});

describe('sound as tokens', () => {
  it('is as loud for a quiet clip, and ends where the clip ends', async () => {
    const [loud] = tones(1);
    const quiet = { ...loud, samples: loud.samples.map((v) => 0.01 * v) };
    expect(tokensOf(quiet)).toEqual(tokensOf(loud));
    expect(Math.max(...muLawDecode(tokensOf(loud)))).toBeCloseTo(0.8, 1);
    const store = soundStore(tones(3), 'tones');
    expect(Array.from(store.documents as Float64Array)).toEqual([0, 400, 810]);
    expect(Array.from(await store.read(400, 410))).toEqual(Array.from(tokensOf(tones(2)[1]).subarray(0, 10)));
  });

  it('costs 8 bits per token by pairs that were never counted, and few by pairs that were', () => {
    const constant: Clip = { digit: 0, speaker: 'ann', take: 1, samples: new Float32Array(4001).fill(0.5) };
    // 4000 equal pairs were met: p = (4000 + 1/256) / 4001.
    expect(pairBits([constant], [constant])).toBeCloseTo(-Math.log2((4000 + 1 / 256) / 4001), 8);
    expect(pairBits([], [constant])).toBeCloseTo(8, 8);
  });
});

describe('speech', () => {
  it('has a run for each split and model, and one for sound', () => {
    expect(runsOf(speech, speech.full).map(({ id }) => id)).toContain('theo.mamba');
    expect(new Set(runsOf(speech, speech.full).map(({ id }) => id)).size).toBe(runsOf(speech, speech.full).length);
  });

  it('refuses settings that make no sense', () => {
    expect(() => runsOf(speech, { ...speech.full, widths: [64] })).toThrow('widths are 1 and models 2');
    expect(() => changed(speech, speech.full, ['takes=2'])).toThrow('takes is 2, expected a whole number ≥ 5');
    expect(() => changed(speech, speech.full, ['speakers=theo,teo'])).toThrow(
      'speakers[1] is "teo", expected \'george\'',
    );
    expect(() => changed(speech, speech.full, ['models=mamba,s4e'])).toThrow('models[1] is "s4e"');
  });
});

describe('the configs in examples/', () => {
  it.each(['digits', 'sound'])('%s is one of mamba-ts train', async (name) => {
    const file = new URL(`../../../../examples/configs/speech/${name}.json`, import.meta.url);
    const { options } = runConfig([JSON.parse(await readFile(file, 'utf8'))]);
    expect(options).toMatchObject({ sampleRate: 8000, out: `runs/${name}` });
  });
});
