/**
 * Mu-law companding of sound samples to 256 tokens, as in WaveNet (van den Oord et al. 2016, section 2.2).
 *
 *   f(x) = sign(x) ln(1 + μ|x|) / ln(1 + μ)      id = round((f(x) + 1) / 2 · μ)      μ = 255
 *
 * Quiet sounds get finer steps than loud ones. The codes in G.711 files differ from these: see
 * formats/wavSamples.ts.
 */
import { UsageError } from '../errors.ts';
import { checkId } from './ids.ts';
import type { Tokenizer } from './tokenizer.ts';

export const MU_LAW_TYPE = 'mamba-ts/mu-law';

const MU = 255;
const LOG = Math.log1p(MU);

/** The number of tokens: 256. */
export const MU_LAW_SIZE = MU + 1;

/** The token of each sample. Samples outside of −1 … 1 are clipped. Throws UsageError for NaN. */
export function muLawEncode(samples: Float32Array): Uint8Array {
  const ids = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const x = Math.max(-1, Math.min(1, samples[i]));
    if (Number.isNaN(x)) {
      throw new UsageError('muLawEncode', `sample ${i} is NaN, expected a number from −1 to 1. Replace it, e.g. by 0.`);
    }
    const f = (Math.sign(x) * Math.log1p(MU * Math.abs(x))) / LOG;
    ids[i] = Math.floor(((f + 1) / 2) * MU + 0.5);
  }
  return ids;
}

/** The sample at the centre of each token's interval. Throws UsageError for an id above 255. */
export function muLawDecode(ids: ArrayLike<number>): Float32Array {
  const samples = new Float32Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    checkId(ids[i], MU_LAW_SIZE, 'muLawDecode');
    const f = (2 * ids[i]) / MU - 1;
    samples[i] = (Math.sign(f) * Math.expm1(Math.abs(f) * LOG)) / MU;
  }
  return samples;
}

/**
 * The tokenizer of models of sound: ids are samples, read from WAV files. Its `encode` and `decode` throw
 * UsageError, since it has no text.
 *
 * @param options `sampleRate` is the rate in Hz to which files are converted. Default: the rate of each file.
 */
export function muLawTokenizer({ sampleRate }: { sampleRate?: number } = {}): Tokenizer {
  if (sampleRate !== undefined && !(Number.isInteger(sampleRate) && sampleRate >= 1)) {
    throw new UsageError('muLawTokenizer', `sampleRate is ${sampleRate}, expected a whole number of Hz, e.g. 16000.`);
  }
  const refuse = (what: string) => (): never => {
    throw new UsageError(
      'muLawTokenizer',
      `its tokens are samples of sound, not ${what}. Use muLawEncode and muLawDecode.`,
    );
  };
  return {
    kind: 'muLaw',
    vocabSize: MU_LAW_SIZE,
    ...(sampleRate !== undefined && { sampleRate }),
    encode: refuse('of text'),
    decode: refuse('text'),
    decodeBytes: (ids) => Uint8Array.from(ids),
    toJSON: () => ({ type: MU_LAW_TYPE, ...(sampleRate !== undefined && { sampleRate }) }),
  };
}
