/** WAV files as training data (Node): clips with labels for classification, mu-law tokens for language modelling. */
import { UsageError } from '../errors.ts';
import { writeAtomic } from '../formats/atomicFile.ts';
import { openWav, type Wav, type WavOptions } from '../formats/wav.ts';
import { chunksOf, factsOf, filesBelow } from '../input/files.ts';
import { MU_LAW_SIZE, muLawEncode } from '../tokenize/muLaw.ts';
import { collect, toBytes } from './encode.ts';
import { classIndex, type ExampleStore } from './examples.ts';
import { resample } from './resample.ts';
import { memoryStore, type TokenStore } from './store.ts';
import { MEMORY_LIMIT, openTokenFile } from './tokenFile.ts';

export const WAV = ['.wav', '.wave'];

/** How samples are read from WAV files. */
export interface AudioOptions extends WavOptions {
  /** The rate in Hz to which samples are converted. Default: that of the file. */
  sampleRate?: number;
  /** A channel, from 0, or the mean of all channels. Default: 'mean'. */
  channel?: 'mean' | number;
}

/**
 * The samples of a WAV file, mono, from −1 to 1, in blocks.
 *
 * @throws UsageError where the file is no WAV file, or has no such channel
 * @example
 * for await (const samples of data.audioBlocks('clip.wav', { sampleRate: 16000 })) …
 */
export async function* audioBlocks(path: string, options: AudioOptions = {}): AsyncGenerator<Float32Array> {
  const wav = await openWav(chunksOf(path), path, options);
  yield* resample(oneChannel(wav, path, options.channel), wav.sampleRate, options.sampleRate ?? wav.sampleRate);
}

async function* oneChannel(wav: Wav, path: string, channel: 'mean' | number = 'mean'): AsyncGenerator<Float32Array> {
  const { channels } = wav;
  if (channel !== 'mean' && !(Number.isInteger(channel) && channel >= 0 && channel < channels)) {
    await wav.close();
    throw new UsageError(
      'data',
      `${path} has ${channels} channels, got channel ${channel}, expected 'mean' or 0 to ${channels - 1}.`,
    );
  }
  for await (const block of wav.blocks()) {
    const mono = new Float32Array(block.length / channels);
    const first = channel === 'mean' ? 0 : channel;
    const count = channel === 'mean' ? channels : 1;
    for (let i = 0; i < mono.length; i++) {
      let sum = 0;
      for (let k = 0; k < count; k++) sum += block[i * channels + first + k];
      mono[i] = sum / count;
    }
    yield mono;
  }
}

/** The rate in Hz of a file, or of all files below a folder; refused where they differ. */
export async function commonRate(path: string): Promise<number> {
  let before: { file: string; rate: number } | undefined;
  for (const file of await wavsOf(path)) {
    const wav = await openWav(chunksOf(file), file);
    await wav.close();
    const rate = wav.sampleRate;
    before ??= { file, rate };
    if (rate === before.rate) continue;
    throw new UsageError(
      'data',
      `${file} has ${rate} Hz, expected ${before.rate}, as ${before.file} has. ` +
        `Name the rate to which all are converted (--sample-rate ${Math.min(rate, before.rate)}).`,
    );
  }
  return (before as { rate: number }).rate;
}

/** How clips are read and labelled. */
export interface ClipOptions extends AudioOptions {
  /**
   * A pattern for the path of a file below the folder: its named part `label` is the class; its named part `group`, if
   * there is one, is what `splitExamples` keeps together, e.g. the speaker.
   */
  pattern: RegExp;
  /** Whether a sequence is mu-law tokens. Default: false, it is samples. */
  tokens?: boolean;
  /** The names of the classes. Default: those that are found. */
  classes?: readonly string[];
  /** Whether labels are left out, for predictions. Default: false. */
  open?: boolean;
}

/**
 * The WAV files below a folder, or one file, as examples of a classification. A file is read when its example is.
 *
 * @throws UsageError where there are no WAV files, or a file has no label by the pattern
 * @example
 * const clips = await data.clipExamples('digits/', { pattern: /(?<label>\d)_(?<group>[a-z]+)_/, sampleRate: 8000 });
 */
export async function clipExamples(folder: string, options: ClipOptions): Promise<ExampleStore> {
  const files = await wavsOf(folder);
  const facts = files.map((path) => {
    const name = path.slice(path === folder ? path.search(/[^/\\]*$/) : folder.length);
    // A pattern with the flag g would continue at its last match.
    const pattern = new RegExp(options.pattern, options.pattern.flags.replace('g', ''));
    const { label, group } = name.match(pattern)?.groups ?? {};
    if (label !== undefined || options.open) return { path, label: label ?? '', group };
    throw new UsageError(
      'data',
      `${path} has no label by the pattern ${options.pattern}, expected a part named label, ` +
        'e.g. /(?<label>\\d+)_(?<group>[a-z]+)/. Change the pattern, or move the file.',
    );
  });
  const classes = options.classes ?? [...new Set(facts.map(({ label }) => label))].sort();
  const labels = options.open ? [] : facts.map(({ path, label }) => classIndex(classes, label, path));
  return {
    name: folder,
    length: facts.length,
    features: 1,
    classes,
    group: (index) => facts[index].group,
    title: (index) => facts[index].path,
    async read(index) {
      const { path } = facts[index];
      const blocks: Float32Array[] = [];
      for await (const block of audioBlocks(path, options)) blocks.push(block);
      const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
      let at = 0;
      for (const block of blocks) {
        samples.set(block, at);
        at += block.length;
      }
      if (at === 0) throw new UsageError('data', `${path} has no samples. Leave it out, or get it again.`);
      const sequence = options.tokens ? Int32Array.from(muLawEncode(samples)) : samples;
      return options.open ? { sequence } : { sequence, label: labels[index] };
    },
  };
}

/** How sound becomes tokens, and where they are kept. */
export interface AudioTokenOptions extends AudioOptions {
  /** The file (`.bin`) to which the tokens are written. Default: none, they stay in memory. */
  tokenFile?: string;
  /** The most bytes of tokens that are held in memory. Default: 67108864 (64 MiB). */
  memoryLimit?: number;
}

/**
 * The mu-law tokens (256) of a WAV file, or of all WAV files below a folder, each a document.
 *
 * @throws UsageError where there are no samples, or more tokens than `memoryLimit` without a `tokenFile`
 * @example
 * const store = await data.audioTokens('music/', { sampleRate: 16000 });
 */
export async function audioTokens(path: string, options: AudioTokenOptions = {}): Promise<TokenStore> {
  const { tokenFile, memoryLimit = MEMORY_LIMIT } = options;
  const files = await wavsOf(path);
  const starts: number[] = [];
  const about = { name: path, vocabSize: MU_LAW_SIZE };
  const runs = tokensOf(files, options, starts);
  if (tokenFile !== undefined) {
    await writeAtomic(tokenFile, toBytes(runs, MU_LAW_SIZE));
    return openTokenFile(tokenFile, { ...about, bytesPerToken: 2, documents: Float64Array.from(starts), memoryLimit });
  }
  const tokens = await collect(runs, { ...about, limit: memoryLimit, advice: 'Give a tokenFile' });
  if (tokens.length === 0) throw new UsageError('data', `${path} has no samples. Check that it is the right one.`);
  return memoryStore(tokens, { ...about, documents: Float64Array.from(starts) });
}

async function* tokensOf(files: readonly string[], options: AudioOptions, starts: number[]): AsyncGenerator<number[]> {
  let length = 0;
  for (const file of files) {
    const start = length;
    for await (const block of audioBlocks(file, options)) {
      length += block.length;
      yield Array.from(muLawEncode(block));
    }
    if (length > start) starts.push(start);
  }
}

async function wavsOf(folder: string): Promise<string[]> {
  if (!(await factsOf(folder)).isFolder) return [folder];
  const files = await filesBelow(folder, WAV);
  if (files.length > 0) return files;
  throw new UsageError(
    'data',
    `folder ${folder} has no files to read, expected ${WAV.join(', ')}. Convert others with ffmpeg.`,
  );
}
