/**
 * Batches of windows from a token store, in a way that resumes bit by bit.
 *
 *   const sampler = new BatchSampler(train, { mode: 'random', batchSize: 8, blockSize: 256,
 *     random: new Random(1337) });
 *   const { tokens, targets, B, L } = await sampler.next();
 *
 * Three ways to go over the data:
 * - `random`: each row is a window of blockSize + 1 tokens from anywhere. For training.
 * - `sequential`: windows one after another without overlap, then again. For evaluation: call
 *   `next` `batchesPerPass` times. The last batch of a pass may have fewer rows.
 * - `carried`: row b reads on where it stopped, in its own B-th of the data, so that the state
 *   of one batch can be carried into the next (truncated back-propagation).
 */
import { UsageError } from '../errors.ts';
import type { Random, RandomState } from '../random.ts';
import { reverseComplement } from '../tokenize/dna.ts';
import { fillDocuments } from './documents.ts';
import type { TokenStore } from './store.ts';

export type SamplerMode = 'random' | 'sequential' | 'carried';

export interface SamplerOptions {
  mode: SamplerMode;
  /** B, the rows of a batch. */
  batchSize: number;
  /** L, the tokens of a row. */
  blockSize: number;
  /** Needed for `random`: where the windows come from. The sampler alone may draw from it. */
  random?: Random;
  /** For bases in `random` mode: half of the rows, drawn, are read on the other strand. */
  reverseComplement?: boolean;
}

export interface Batch {
  /** (B, L) */
  readonly tokens: Int32Array;
  /** (B, L): the token after each of `tokens`. */
  readonly targets: Int32Array;
  readonly B: number;
  readonly L: number;
  /** (B, L): the index in the store of the document of each token, where the store knows. */
  readonly documents?: Int32Array;
  /** Each row goes on where the same row of the batch before stopped: carry the state. */
  readonly carries: boolean;
}

/** Plain JSON. */
export interface SamplerState {
  mode: SamplerMode;
  batchSize: number;
  blockSize: number;
  /** The length of the store. */
  length: number;
  /** Batches drawn so far. */
  step: number;
  random?: RandomState;
}

export class BatchSampler {
  /** Batches that cover the data once; in `random` mode, on average. */
  readonly batchesPerPass: number;
  readonly #store: TokenStore;
  readonly #options: Readonly<SamplerOptions>;
  #step = 0;

  constructor(store: TokenStore, options: SamplerOptions) {
    checkOptions(store, options);
    this.#store = store;
    this.#options = { ...options };
    const { batchSize, blockSize, mode } = options;
    const windows = Math.floor((store.length - 1) / blockSize);
    this.batchesPerPass =
      mode === 'carried' ? Math.floor(laneLength(store, batchSize) / blockSize) : Math.ceil(windows / batchSize);
  }

  /** The next batch. */
  async next(): Promise<Batch> {
    const { blockSize: L, mode } = this.#options;
    // Everything that changes the sampler happens before the first await.
    const begins = this.#begins();
    const flipped = this.#flips(begins.length);
    const carries = mode === 'carried' && this.#step % this.batchesPerPass !== 0;
    this.#step++;
    const windows = await Promise.all(begins.map((begin) => this.#store.read(begin, begin + L + 1)));
    const B = begins.length;
    const tokens = new Int32Array(B * L);
    const targets = new Int32Array(B * L);
    windows.forEach((read, row) => {
      const window = flipped[row] ? reverseComplement(read) : read;
      tokens.set(window.subarray(0, L), row * L);
      targets.set(window.subarray(1), row * L);
    });
    const documents = this.#documents(begins, flipped);
    return { tokens, targets, B, L, ...(documents && { documents }), carries };
  }

  /** Where the sampler stands. */
  state(): SamplerState {
    const { mode, batchSize, blockSize, random } = this.#options;
    const { length } = this.#store;
    const drawn = random && { random: random.state() };
    return { mode, batchSize, blockSize, length, step: this.#step, ...drawn };
  }

  /** Goes on from a `state()` of a sampler over the same data with the same options. */
  restore(state: SamplerState): void {
    const own = this.state();
    for (const key of ['mode', 'batchSize', 'blockSize', 'length'] as const) {
      if (state[key] !== own[key]) {
        throw new UsageError(
          'BatchSampler.restore',
          `${key} was ${state[key]} when the state was saved, ` +
            `expected ${own[key]}, as here. Use the same data and options, or start anew.`,
        );
      }
    }
    if (!Number.isSafeInteger(state.step) || state.step < 0) {
      throw new UsageError('BatchSampler.restore', `step is ${state.step}, expected an integer ≥ 0.`);
    }
    this.#options.random?.restore(state.random ?? []);
    this.#step = state.step;
  }

  /** Where each row of the batch begins. */
  #begins(): number[] {
    const { mode, batchSize, blockSize, random } = this.#options;
    const { length } = this.#store;
    const turn = this.#step % this.batchesPerPass;
    if (mode === 'random' && random) {
      return Array.from({ length: batchSize }, () => random.int(length - blockSize));
    }
    if (mode === 'carried') {
      const lane = laneLength(this.#store, batchSize);
      return Array.from({ length: batchSize }, (_, row) => row * lane + turn * blockSize);
    }
    const windows = Math.floor((length - 1) / blockSize);
    const rows = Math.min(batchSize, windows - turn * batchSize);
    return Array.from({ length: rows }, (_, row) => (turn * batchSize + row) * blockSize);
  }

  /** Which rows are read on the other strand. Nothing is drawn where none can be. */
  #flips(rows: number): readonly boolean[] {
    const { reverseComplement: flips, random } = this.#options;
    return Array.from({ length: rows }, () => flips === true && random?.int(2) === 1);
  }

  #documents(begins: readonly number[], flipped: readonly boolean[]): Int32Array | undefined {
    const starts = this.#store.documents;
    if (!starts) return undefined;
    const L = this.#options.blockSize;
    const documents = new Int32Array(begins.length * L);
    begins.forEach((begin, row) => {
      const ids = documents.subarray(row * L, (row + 1) * L);
      // Backwards, a window begins at its last token, which is a target otherwise.
      fillDocuments(ids, starts, flipped[row] ? begin + 1 : begin);
      if (flipped[row]) ids.reverse();
    });
    return documents;
  }
}

/** Tokens that one carried row has for itself. The one after them is its last target. */
function laneLength(store: TokenStore, batchSize: number): number {
  return Math.floor((store.length - 1) / batchSize);
}

function checkOptions(store: TokenStore, options: SamplerOptions): void {
  const { mode, batchSize, blockSize, random, reverseComplement: flips } = options;
  for (const [key, value] of Object.entries({ batchSize, blockSize })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UsageError('BatchSampler', `${key} is ${value}, expected an integer ≥ 1.`);
    }
  }
  if (mode === 'random' && !random) {
    throw new UsageError(
      'BatchSampler',
      "random is missing, expected a generator for mode 'random', " + 'e.g. new Random(1337).',
    );
  }
  if (flips && mode !== 'random') {
    throw new UsageError(
      'BatchSampler',
      `reverseComplement with mode '${mode}', expected 'random', whose rows stand by themselves. ` +
        'Leave out one of the two (carryState in training).',
    );
  }
  const rows = mode === 'carried' ? batchSize : 1;
  const largest = Math.max(Math.floor((store.length - 1) / rows), 0);
  if (blockSize <= largest) return;
  const needed = rows === 1 ? 'blockSize + 1' : 'batchSize · blockSize + 1';
  const advice = largest === 0 ? 'Give more data.' : `Give more data or a blockSize of at most ${largest}.`;
  throw new UsageError(
    'BatchSampler',
    `${store.name} has ${store.length} tokens, expected at least ${needed} = ` + `${rows * blockSize + 1}. ${advice}`,
  );
}
