// The Free Spoken Digit Dataset as one WAV file a speaker, with where each clip begins:
//
//   node scripts/packDigits.mjs FOLDER data/digits
//
// FOLDER holds DIGIT_SPEAKER_TAKE.wav. The samples stay as they are.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { audioBlocks } from '../../dist/data/index.js';
import { encodeWav } from '../../dist/formats/index.js';

const [from, to] = process.argv.slice(2);
const RATE = 8000;
const names = (await readdir(from)).map((name) => name.match(/^(\d)_([a-z]+)_(\d+)\.wav$/)).filter(Boolean);
const takes = names.map(([file, digit, speaker, take]) => ({
  file,
  digit: Number(digit),
  speaker,
  take: Number(take),
}));
takes.sort((a, b) => a.digit - b.digit || a.take - b.take);
const speakers = {};
await mkdir(to, { recursive: true });
for (const speaker of [...new Set(takes.map((one) => one.speaker))].sort()) {
  const blocks = [];
  const clips = [];
  for (const { file, digit, take } of takes.filter((one) => one.speaker === speaker)) {
    let length = 0;
    for await (const block of audioBlocks(join(from, file), { sampleRate: RATE })) {
      blocks.push(block);
      length += block.length;
    }
    clips.push([digit, take, length]);
  }
  const samples = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  await writeFile(join(to, `${speaker}.wav`), encodeWav(samples, { sampleRate: RATE }));
  speakers[speaker] = clips;
}
const index = { sampleRate: RATE, columns: ['digit', 'take', 'samples'], speakers };
await writeFile(join(to, 'index.json'), `${JSON.stringify(index).replaceAll(/"[a-z]+":\[\[|\}\}$/g, '\n$&')}\n`);
