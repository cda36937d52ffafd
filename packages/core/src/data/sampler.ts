/** Batches of windows from a store of tokens, resumed bit-exact. */
import { UsageError } from '../errors.ts';
import type { Random, RandomState } from '../random.ts';
import { completeField, field } from '../schema/index.ts';
import { reverseComplement } from '../tokenize/dna.ts';
import { fillDocuments } from './documents.ts';
import type { TokenStore } from './store.ts';

/**
 * - `random`: each row is a window of blockSize + 1 tokens from anywhere. For training.
 * - `sequential`: windows one after another without overlap, then again from the first. For evaluation: call `next`
 *   `batchesPerPass` times. The last batch of a pass may have fewer rows.
 * - `carried`: the data is divided into B parts, and row b continues in part b where it ended in the batch before, so
 *   that the state of one batch can be carried into the next (truncated back-propagation).
 */
export type SamplerMode = 'random' | 'sequential' | 'carried';

export interface SamplerOptions {
  mode: SamplerMode;
  /** B, the rows of a batch. */
  batchSize: number;
  /** L, the tokens of a row. */
  blockSize: number;
  /** Required for `random`: draws the windows. Nothing else may draw from it. */
  random?: Random;
  /** For bases in `random` mode: whether half of the rows, drawn, are read on the other strand. Default: false. */
  reverseComplement?: boolean;
}

/** Rows of tokens, and the tokens that follow. */
export interface Batch {
  /** (B, L): token ids. */
  readonly tokens: Int32Array;
  /** (B, L): the token after each of `tokens`. */
  readonly targets: Int32Array;
  readonly B: number;
  readonly L: number;
  /** (B, L): the index of the document of each token. Absent where the store knows no documents. */
  readonly documents?: Int32Array;
  /** Whether each row continues the same row of the batch before, so that the state is to be carried. */
  readonly carries: boolean;
}

/** The position of a sampler. Plain JSON. */
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

/**
 * Batches of windows from a store of tokens.
 *
 * @throws UsageError where the store is too short for `blockSize`, or options contradict each other
 * @example
 * const options = { mode: 'random', batchSize: 8, blockSize: 256, random: new Random(1337) };
 * const { tokens, targets, B, L } = await new data.BatchSampler(train, options).next();
 */
export class BatchSampler {
  /** The number of batches that cover the data once; in `random` mode, on average. */
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

  /** The next batch. Without an end. */
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

  /** The position of the sampler, for `restore`. */
  state(): SamplerState {
    const { mode, batchSize, blockSize, random } = this.#options;
    const { length } = this.#store;
    const drawn = random && { random: random.state() };
    return { mode, batchSize, blockSize, length, step: this.#step, ...drawn };
  }

  /**
   * Continues from a `state()` of a sampler over the same data with the same options, bit-exact.
   *
   * @throws UsageError where the state is of other data or options
   */
  restore(state: SamplerState): void {
    const current = this.state();
    for (const key of ['mode', 'batchSize', 'blockSize', 'length'] as const) {
      if (state[key] !== current[key]) {
        throw new UsageError(
          'BatchSampler.restore',
          `${key} was ${state[key]} when the state was saved, ` +
            `expected ${current[key]}, as here. Use the same data and options, or start again.`,
        );
      }
    }
    if (!Number.isSafeInteger(state.step) || state.step < 0) {
      throw new UsageError('BatchSampler.restore', `step is ${state.step}, expected an integer ≥ 0.`);
    }
    this.#options.random?.restore(state.random ?? []);
    this.#step = state.step;
  }

  /** The position at which each row of the batch begins. */
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

  /** Whether each row is read on the other strand. Nothing is drawn where none can be. */
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
      // Read backwards, a window begins at its last token, which is otherwise a target.
      fillDocuments(ids, starts, flipped[row] ? begin + 1 : begin);
      if (flipped[row]) ids.reverse();
    });
    return documents;
  }
}

/** The number of tokens of one carried row. The token after them is its last target. */
function laneLength(store: TokenStore, batchSize: number): number {
  return Math.floor((store.length - 1) / batchSize);
}

function checkOptions(store: TokenStore, options: SamplerOptions): void {
  const { mode, batchSize, blockSize, random, reverseComplement: flips } = options;
  for (const [name, value] of Object.entries({ batchSize, blockSize })) {
    completeField('BatchSampler', name, field.whole({ min: 1 }), value);
  }
  if (mode === 'random' && !random) {
    throw new UsageError(
      'BatchSampler',
      "random is missing, expected a generator for mode 'random', e.g. new Random(1337).",
    );
  }
  if (flips && mode !== 'random') {
    throw new UsageError(
      'BatchSampler',
      `reverseComplement with mode '${mode}', expected 'random', whose rows are independent. ` +
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
