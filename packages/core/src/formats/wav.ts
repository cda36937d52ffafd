/**
 * WAV files, read as a stream: RIFF and RF64, PCM of 8 to 32 bits, floats, A-law and mu-law.
 *
 * "Multimedia Programming Interface and Data Specifications 1.0" (IBM, Microsoft 1991); RF64: EBU Tech 3306.
 * Streaming writers leave the sizes 0 or 0xFFFFFFFF: the samples then go to the end of the file.
 */
import { UsageError } from '../errors.ts';
import { ByteStream } from './byteStream.ts';
import { decodeSamples, type WavEncoding, WIDTHS } from './wavSamples.ts';

export interface WavFormat {
  readonly sampleRate: number;
  readonly channels: number;
  readonly encoding: WavEncoding;
  /** Bytes of one sample. */
  readonly width: number;
}

export interface Wav extends WavFormat {
  /** Samples per channel, if the header has the number. */
  readonly frames?: number;
  /** The samples, channels interleaved. Can be read once. Throws UsageError if the file ends early. */
  blocks(): AsyncGenerator<Float32Array>;
  close(): Promise<void>;
}

export interface WavOptions {
  /** Reads a truncated file up to its end instead of refusing it. Default: false. */
  allowTruncated?: boolean;
}

const UNKNOWN_SIZE = 0xffffffff;
const FORMAT_BYTES = 16;
const EXTENSIBLE = 0xfffe;
const EXTENSIBLE_BYTES = 40;
const MAX_FORMAT_BYTES = 4096;
const DS64_BYTES = 24;
/** The GUID of a subformat after its first two bytes, which are the format code. */
const SUBFORMAT_TAIL = '000000001000800000aa00389b71';
const BLOCK_FRAMES = 2 ** 14;

const ENCODINGS: Readonly<Record<number, WavEncoding>> = { 1: 'pcm', 3: 'float', 6: 'alaw', 7: 'mulaw' };
const DAMAGED = 'The file is damaged or cut off: get it again, or convert it with ffmpeg -i IN OUT.wav.';

/**
 * Reads the header of a WAV file. Throws UsageError for other formats, unknown encodings and damaged files.
 * `name` names the file in errors.
 *
 * @example
 * const wav = await openWav(createReadStream('speech.wav'), 'speech.wav');
 * for await (const block of wav.blocks()) console.log(block.length / wav.channels);
 */
export async function openWav(chunks: AsyncIterable<Uint8Array>, name: string, options: WavOptions = {}): Promise<Wav> {
  const stream = new ByteStream(chunks);
  try {
    return await readHead(stream, name, options);
  } catch (error) {
    await stream.close();
    throw error;
  }
}

async function readHead(stream: ByteStream, name: string, options: WavOptions): Promise<Wav> {
  const begin = await stream.take(12);
  const kind = textAt(begin, 0);
  if ((kind !== 'RIFF' && kind !== 'RF64') || textAt(begin, 8) !== 'WAVE') throw otherFormat(name, kind, begin.length);
  const riffSize = viewOf(begin).getUint32(4, true);
  let format: WavFormat | undefined;
  let wideSize: number | undefined;
  for (;;) {
    const at = stream.offset;
    const head = await stream.take(8);
    if (head.length < 8)
      throw new UsageError('data', `${name} ends at byte ${stream.offset}, before any samples. ${DAMAGED}`);
    const id = textAt(head, 0);
    const size = viewOf(head).getUint32(4, true);
    if (id === 'data') {
      if (!format)
        throw new UsageError('data', `${name} has samples at byte ${at}, expected a 'fmt ' chunk first. ${DAMAGED}`);
      const atEnd = riffSize === 0 || riffSize === UNKNOWN_SIZE || riffSize + 8 <= stream.offset;
      const bytes = size === UNKNOWN_SIZE ? wideSize : size === 0 && atEnd ? undefined : size;
      return wavOf(stream, name, format, bytes, options);
    }
    const read = id === 'fmt ' ? Math.min(size, MAX_FORMAT_BYTES) : id === 'ds64' ? Math.min(size, DS64_BYTES) : 0;
    const body = await stream.take(read);
    // A chunk of odd size is followed by a padding byte, which its size does not include.
    const rest = size - read + (size % 2);
    if (body.length < read || (await stream.skip(rest)) < rest) {
      throw new UsageError(
        'data',
        `${name}: chunk ${JSON.stringify(id)} at byte ${at} has ${size} bytes, but the file ends at ${stream.offset}. ${DAMAGED}`,
      );
    }
    if (id === 'fmt ') format = formatOf(body, name, at);
    if (id === 'ds64' && body.length === DS64_BYTES) {
      const wide = Number(viewOf(body).getBigUint64(8, true));
      wideSize = wide === 0 || !Number.isSafeInteger(wide) ? undefined : wide;
    }
  }
}

function wavOf(
  stream: ByteStream,
  name: string,
  format: WavFormat,
  bytes: number | undefined,
  { allowTruncated = false }: WavOptions,
): Wav {
  const frame = format.channels * format.width;
  const begin = stream.offset;
  if (bytes !== undefined && bytes % frame !== 0 && !allowTruncated) {
    throw new UsageError(
      'data',
      `${name}: the samples at byte ${begin} have ${bytes} bytes, expected a multiple of ${frame} ` +
        `(${format.channels} channels of ${format.width} bytes). ${DAMAGED}`,
    );
  }
  const end = bytes === undefined ? Number.POSITIVE_INFINITY : begin + bytes;
  return {
    ...format,
    ...(bytes !== undefined && { frames: Math.floor(bytes / frame) }),
    async *blocks() {
      try {
        while (stream.offset < end) {
          const wanted = Math.min(BLOCK_FRAMES * frame, end - stream.offset);
          const block = await stream.take(wanted);
          const whole = block.length - (block.length % frame);
          if (whole > 0) yield decodeSamples(block.subarray(0, whole), format.encoding, format.width);
          if (block.length === wanted) continue;
          if (bytes === undefined || allowTruncated) return;
          throw new UsageError(
            'data',
            `${name} ends at byte ${stream.offset}, expected samples up to ${end}, as its header says. ` +
              `${DAMAGED} With allowTruncated, the samples before are read.`,
          );
        }
      } finally {
        await stream.close();
      }
    },
    close: () => stream.close(),
  };
}

function formatOf(body: Uint8Array<ArrayBuffer>, name: string, at: number): WavFormat {
  const found = `${name}: the format at byte ${at}`;
  if (body.length < FORMAT_BYTES) {
    throw new UsageError('data', `${found} has ${body.length} bytes, expected at least ${FORMAT_BYTES}. ${DAMAGED}`);
  }
  const view = viewOf(body);
  let code = view.getUint16(0, true);
  if (code === EXTENSIBLE && body.length >= EXTENSIBLE_BYTES) {
    const tail = [...body.subarray(26, 40)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    if (tail === SUBFORMAT_TAIL) code = view.getUint16(24, true);
  }
  const encoding = ENCODINGS[code];
  if (!encoding) {
    throw new UsageError(
      'data',
      `${found} has code 0x${code.toString(16)}, expected PCM (1), float (3), A-law (6) or mu-law (7). ` +
        'It has another compression: convert it with ffmpeg -i IN -c:a pcm_s16le OUT.wav.',
    );
  }
  const channels = view.getUint16(2, true);
  const sampleRate = view.getUint32(4, true);
  const frame = view.getUint16(12, true);
  const bits = view.getUint16(14, true);
  const width = frame / channels;
  // A sample may be smaller than its container (20 bits in 3 bytes); it has the upper bits of it.
  const fits =
    WIDTHS[encoding].includes(width) && bits >= 1 && bits <= 8 * width && (encoding === 'pcm' || bits === 8 * width);
  if (sampleRate === 0 || !fits) {
    throw new UsageError(
      'data',
      `${found} has ${channels} channels, ${sampleRate} Hz, ${bits} bits and ${frame} bytes per frame, ` +
        `expected at least 1 channel, 1 Hz and samples of ${WIDTHS[encoding].map((w) => 8 * w).join(', ')} bits. ${DAMAGED}`,
    );
  }
  return { sampleRate, channels, encoding, width };
}

/** Other sound formats, by their first four bytes. */
const OTHER_FORMATS: Readonly<Record<string, string>> = {
  OggS: 'Ogg',
  fLaC: 'FLAC',
  RIFX: 'big-endian RIFX',
  FORM: 'AIFF',
};

function otherFormat(name: string, kind: string, length: number): Error {
  const is = OTHER_FORMATS[kind] ?? (kind.startsWith('ID3') ? 'MP3' : undefined);
  const got = is ? `is ${is}` : length < 12 ? `has ${length} bytes` : `begins ${JSON.stringify(kind)} at byte 0`;
  return new UsageError(
    'data',
    `${name} ${got}, expected a WAV file (RIFF … WAVE). Convert it with ffmpeg -i IN -c:a pcm_s16le OUT.wav.`,
  );
}

function textAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
