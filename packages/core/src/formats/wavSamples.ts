/**
 * Converts the samples of WAV files to numbers from −1 to 1, and back.
 *
 *   n-bit PCM: v / 2ⁿ⁻¹, little-endian; 8 bits are unsigned around 128
 *   A-law, mu-law: ITU-T G.711
 */
import { UsageError } from '../errors.ts';

export type WavEncoding = 'pcm' | 'float' | 'alaw' | 'mulaw';

/** The possible widths of a sample in bytes, by encoding. */
export const WIDTHS: Readonly<Record<WavEncoding, readonly number[]>> = {
  pcm: [1, 2, 3, 4],
  float: [4, 8],
  alaw: [1],
  mulaw: [1],
};

/** The samples of whole frames, channels interleaved. */
export function decodeSamples(bytes: Uint8Array<ArrayBuffer>, encoding: WavEncoding, width: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readerOf(encoding, width);
  const samples = new Float32Array(bytes.length / width);
  for (let i = 0; i < samples.length; i++) samples[i] = read(view, i * width);
  return samples;
}

function readerOf(encoding: WavEncoding, width: number): (view: DataView, at: number) => number {
  if (encoding === 'alaw') return (view, at) => aLaw(view.getUint8(at));
  if (encoding === 'mulaw') return (view, at) => muLaw(view.getUint8(at));
  if (encoding === 'float') {
    return width === 4 ? (view, at) => view.getFloat32(at, true) : (view, at) => view.getFloat64(at, true);
  }
  if (width === 1) return (view, at) => (view.getUint8(at) - 128) / 2 ** 7;
  if (width === 2) return (view, at) => view.getInt16(at, true) / 2 ** 15;
  if (width === 3) return (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23;
  return (view, at) => view.getInt32(at, true) / 2 ** 31;
}

/** G.711 mu-law: a sign, 3 bits of exponent, 4 of mantissa, all inverted; 14-bit values as 16-bit. */
function muLaw(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80 ? -magnitude : magnitude) / 2 ** 15;
}

/** G.711 A-law: even bits inverted, a set sign is positive; 13-bit values as 16-bit. */
function aLaw(byte: number): number {
  const bits = byte ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? step : (step + 0x100) << (exponent - 1);
  return (bits & 0x80 ? magnitude : -magnitude) / 2 ** 15;
}

/** How a WAV file is written. */
export interface WavWriting {
  sampleRate: number;
  /** The number of channels, interleaved in the samples. Default: 1. */
  channels?: number;
  /** 16-bit integers, which clip values beyond −1 … 1, or floats. Default: 'pcm16'. */
  encoding?: 'pcm16' | 'float32';
}

/**
 * A WAV file of samples from −1 to 1. Throws UsageError for a wrong rate or number of channels, and beyond 4 GiB.
 */
export function encodeWav(samples: Float32Array, options: WavWriting): Uint8Array<ArrayBuffer> {
  const { sampleRate, channels = 1, encoding = 'pcm16' } = options;
  if (!Number.isInteger(sampleRate) || sampleRate < 1) {
    throw new UsageError('encodeWav', `sampleRate is ${sampleRate}, expected a whole number ≥ 1, in Hz.`);
  }
  if (!Number.isInteger(channels) || channels < 1 || samples.length % channels !== 0) {
    throw new UsageError(
      'encodeWav',
      `${samples.length} samples for ${channels} channels, expected a whole number of channels ≥ 1 that divides the samples.`,
    );
  }
  const float = encoding === 'float32';
  const width = float ? 4 : 2;
  const size = samples.length * width;
  const head = 44;
  if (head + size > 0xffffffff)
    throw new UsageError('encodeWav', `${size} bytes of samples, expected at most 4 GiB. Write several files.`);
  const view = new DataView(new ArrayBuffer(head + size));
  const text = (at: number, letters: string) => {
    for (let i = 0; i < 4; i++) view.setUint8(at + i, letters.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, head - 8 + size, true);
  text(8, 'WAVE');
  text(12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, float ? 3 : 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * width, true);
  view.setUint16(32, channels * width, true);
  view.setUint16(34, 8 * width, true);
  text(36, 'data');
  view.setUint32(40, size, true);
  for (let i = 0; i < samples.length; i++) {
    const at = head + i * width;
    if (float) view.setFloat32(at, samples[i], true);
    else view.setInt16(at, Math.max(-(2 ** 15), Math.min(2 ** 15 - 1, Math.round(samples[i] * 2 ** 15))), true);
  }
  return new Uint8Array(view.buffer);
}
