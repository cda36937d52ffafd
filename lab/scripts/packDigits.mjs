// The Free Spoken Digit Dataset as one WAV file for each speaker, with an index of the clips. After `npm run build`:
//
//   node lab/scripts/packDigits.mjs FOLDER lab/data/digits
//
// FOLDER holds files named DIGIT_SPEAKER_TAKE.wav. The samples are not changed.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { audioBlocks } from '@mamba-ts/core/data';
import { encodeWav } from '@mamba-ts/core/formats';

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
for (const speaker of [...new Set(takes.map(({ speaker }) => speaker))].sort()) {
  const blocks = [];
  const clips = [];
  for (const { file, digit, take } of takes.filter((take) => take.speaker === speaker)) {
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
