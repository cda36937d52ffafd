import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openWav, type WavOptions } from '../../src/formats/wav.ts';
import { encodeWav } from '../../src/formats/wavSamples.ts';
import { inChunks, outcome, sizes } from '../data/chunks.ts';

async function read(bytes: Uint8Array, cuts: readonly number[] = [], options?: WavOptions) {
  const wav = await openWav(inChunks(bytes, cuts), 'x.wav', options);
  const samples: number[] = [];
  for await (const block of wav.blocks()) samples.push(...block);
  const { sampleRate, channels, encoding, width, frames } = wav;
  return { sampleRate, channels, encoding, width, frames, samples };
}

interface Parts {
  code?: number;
  channels?: number;
  width?: number;
  bits?: number;
  data: number[];
  /** What the header says, where it is not true. */
  riffSize?: number;
  dataSize?: number;
  wideSize?: bigint;
  kind?: string;
  extensible?: boolean;
  before?: number[];
}

const u16 = (value: number) => [value & 0xff, value >> 8];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const text = (letters: string) => [...letters].map((letter) => letter.charCodeAt(0));

/** A WAV file by hand. */
function wav(parts: Parts): Uint8Array {
  const { code = 1, channels = 1, width = 2, bits = 8 * width, data, extensible, before = [] } = parts;
  const guid = [...u16(code), 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
  const fmt = [
    ...u16(extensible ? 0xfffe : code),
    ...u16(channels),
    ...u32(8000),
    ...u32(8000 * channels * width),
    ...u16(channels * width),
    ...u16(extensible ? 8 * width : bits),
    ...(extensible ? [...u16(22), ...u16(bits), 0, 0, 0, 0, ...guid] : []),
  ];
  const wide = parts.wideSize === undefined ? [] : [0, 8].flatMap((_, i) => u64(i === 0 ? 0n : (parts.wideSize ?? 0n)));
  const ds64 = wide.length === 0 ? [] : [...text('ds64'), ...u32(28), ...wide, ...u64(0n), ...u32(0)];
  const rest = [
    ...text('WAVE'),
    ...ds64,
    ...before,
    ...text('fmt '),
    ...u32(fmt.length),
    ...fmt,
    ...text('data'),
    ...u32(parts.dataSize ?? data.length),
    ...data,
  ];
  return Uint8Array.from([...text(parts.kind ?? 'RIFF'), ...u32(parts.riffSize ?? rest.length), ...rest]);
}

const u64 = (value: bigint) => [...u32(Number(value & 0xffffffffn)), ...u32(Number(value >> 32n))];

const floats = (width: 4 | 8, values: number[]) => [
  ...new Uint8Array((width === 4 ? Float32Array : Float64Array).from(values).buffer),
];

describe('WAV', () => {
  it('reads what was written, in any number of channels, wherever the stream is cut', async () => {
    const sample = fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }).map((v) => v / 2 ** 15);
    await fc.assert(
      fc.asyncProperty(
        fc.array(sample, { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('pcm16' as const, 'float32' as const),
        sizes,
        async (values, channels, encoding, cuts) => {
          const whole = values.slice(0, values.length - (values.length % channels));
          const bytes = encodeWav(Float32Array.from(whole), { sampleRate: 44100, channels, encoding });
          const back = await read(bytes, cuts);
          expect(back.samples).toEqual(whole);
          expect([back.sampleRate, back.channels, back.frames ?? 0]).toEqual([
            44100,
            channels,
            whole.length / channels,
          ]);
        },
      ),
    );
  });

  it('clips what does not fit into 16 bits', async () => {
    const bytes = encodeWav(Float32Array.of(2, -2, 1), { sampleRate: 8000 });
    expect((await read(bytes)).samples).toEqual([32767 / 32768, -1, 32767 / 32768]);
  });

  it.each([
    ['8-bit', { width: 1, data: [0, 128, 255] }, [-1, 0, 127 / 128]],
    ['16-bit', { width: 2, data: [0, 128, 255, 127] }, [-1, 32767 / 32768]],
    ['24-bit', { width: 3, data: [0, 0, 128, 255, 255, 255, 0, 0, 64] }, [-1, -1 / 2 ** 23, 0.5]],
    ['20 bits in 24', { width: 3, bits: 20, extensible: true, data: [0, 0, 192] }, [-0.5]],
    ['24 bits in 32', { width: 4, bits: 24, extensible: true, data: [0, 0, 0, 32] }, [0.25]],
    ['32-bit', { width: 4, data: [0, 0, 0, 192] }, [-0.5]],
    ['float', { code: 3, width: 4, data: floats(4, [0.25, -1.5]) }, [0.25, -1.5]],
    ['double', { code: 3, width: 8, extensible: true, data: floats(8, [0.25, -1.5]) }, [0.25, -1.5]],
    // G.711: the loudest, the quietest and silence.
    ['mu-law', { code: 7, width: 1, data: [0x00, 0x80, 0xff] }, [-32124 / 32768, 32124 / 32768, 0]],
    ['A-law', { code: 6, width: 1, data: [0x2a, 0xaa, 0xd5] }, [-32256 / 32768, 32256 / 32768, 8 / 32768]],
    ['stereo', { channels: 2, width: 1, data: [128, 192, 64, 128] }, [0, 0.5, -0.5, 0]],
    ['odd chunks before', { width: 1, data: [192], before: [...text('LIST'), ...u32(3), 1, 2, 3, 0] }, [0.5]],
    ['a streamed length', { width: 1, data: [192, 64], dataSize: 0xffffffff, riffSize: 0xffffffff }, [0.5, -0.5]],
    ['a length of 0, never filled in', { width: 1, data: [192, 64], dataSize: 0, riffSize: 0 }, [0.5, -0.5]],
    ['no samples', { width: 1, data: [], before: [] }, []],
    ['no samples, then a chunk', { width: 1, data: [...text('LIST'), 0, 0, 0, 0], dataSize: 0 }, []],
    ['RF64', { width: 1, kind: 'RF64', data: [192, 64, 7], dataSize: 0xffffffff, wideSize: 2n }, [0.5, -0.5]],
  ] as [string, Parts, number[]][])('reads %s', async (_, parts, samples) => {
    expect((await read(wav(parts), [1])).samples).toEqual(samples);
  });

  it('reads real speech', async () => {
    const path = new URL('../../../../test/fixtures/data/0_george_22.wav', import.meta.url);
    const bytes = new Uint8Array(await readFile(path));
    const { samples, ...format } = await read(bytes);
    expect(format).toEqual({ sampleRate: 8000, channels: 1, encoding: 'pcm', width: 2, frames: (7970 - 44) / 2 });
    expect(encodeWav(Float32Array.from(samples), { sampleRate: 8000 }).slice(44)).toEqual(bytes.slice(44));
  });

  it.each([
    [new Uint8Array(), 'x.wav has 0 bytes, expected a WAV file'],
    [Uint8Array.from(text('fLaC00000000')), 'x.wav is FLAC, expected a WAV file (RIFF … WAVE). Convert it with ffmpeg'],
    [wav({ data: [1, 2] }).slice(0, 20), `chunk "fmt " at byte 12 has 16 bytes, but the file ends at 20`],
    [wav({ data: [1, 2] }).slice(0, 36), 'ends at byte 36, before any samples'],
    [wav({ data: [1, 2, 3] }), 'the samples at byte 44 have 3 bytes, expected a multiple of 2'],
    [wav({ data: [1, 2], dataSize: 10 }), 'ends at byte 46, expected samples up to 54, as its header says'],
    [wav({ code: 0x55, data: [] }), 'the format at byte 12 has code 0x55, expected PCM (1)'],
    [wav({ width: 5, data: [] }), '40 bits and 5 bytes per frame, expected at least 1 channel'],
    [wav({ channels: 0, data: [] }), 'has 0 channels'],
  ])('refuses a damaged file: %#', async (bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message);
  });

  it('takes what is there of a file that was cut off, if told to', async () => {
    const bytes = wav({ data: [0, 64, 1], dataSize: 11 });
    expect((await read(bytes, [], { allowTruncated: true })).samples).toEqual([0.5]);
  });

  it('never fails in another way, and the same wherever a damaged stream is cut', async () => {
    const whole = wav({ channels: 2, data: [1, 2, 3, 4, 5, 6, 7, 8], before: [...text('junk'), ...u32(2), 0, 0] });
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(whole.length), sizes, async (changes, length, cuts) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const cut = bytes.slice(0, Math.max(length, 1));
        const result = await outcome(() => read(cut));
        expect(await outcome(() => read(cut, cuts))).toEqual(result);
        if (typeof result === 'string') expect(result).toMatch(/^data: x\.wav.*\bbyte|^data: x\.wav (is|has|begins)/);
      }),
      { numRuns: 500 },
    );
  });
});
