/**
 * Batches of examples, resumed bit-exact. Rows may differ in length: they are padded with 0 at the end, and `lengths`
 * has the number of steps of each.
 */
import { UsageError } from '../errors.ts';
import type { Random, RandomState } from '../random.ts';
import { completeField, field } from '../schema/index.ts';
import { checkExample, type Example, type ExampleStore, shuffled } from './examples.ts';

export interface ExampleSamplerOptions {
  /**
   * `shuffled`: every example once a pass, each pass in another order, for training. `sequential`: in the order of the
   * store, for evaluation.
   */
  mode: 'shuffled' | 'sequential';
  /** B, the rows of a batch. */
  batchSize: number;
  /** Required for `shuffled`. Nothing is drawn from it: each pass has its own fork. */
  random?: Random;
}

/** Rows of examples, padded to the longest. */
export interface ExampleBatch {
  /** (B, L, features) values, or (B, L) token ids. */
  readonly inputs: Float32Array | Int32Array;
  readonly B: number;
  readonly L: number;
  readonly features: number;
  /** (B): the number of steps of each row; absent where every row has L. */
  readonly lengths?: Int32Array;
  /** (B): the class of each row; or (B, L): of each step, −1 where there is none. */
  readonly labels?: Int32Array;
  /** (B, targets of an example), or (B, L, targets of a step): NaN where there is none. */
  readonly targets?: Float32Array;
  /** (B): the indices of the examples in the store. */
  readonly indices: Int32Array;
}

/** The position of a sampler. Plain JSON. */
export interface ExampleSamplerState {
  mode: ExampleSamplerOptions['mode'];
  batchSize: number;
  /** The length of the store. */
  length: number;
  /** Batches drawn so far. */
  step: number;
  random?: RandomState;
}

/**
 * Batches of examples from a store. The last batch of a pass may have fewer rows.
 *
 * @example
 * const sampler = new data.ExampleSampler(train, { mode: 'shuffled', batchSize: 8, random: new Random(1337) });
 * const { inputs, lengths, labels, B, L } = await sampler.next();
 */
export class ExampleSampler {
  /** The number of batches that cover the examples once. */
  readonly batchesPerPass: number;
  readonly #store: ExampleStore;
  readonly #options: Readonly<ExampleSamplerOptions>;
  #step = 0;
  /** The order of the pass it was made for. */
  #order: { pass: number; indices: readonly number[] } = { pass: -1, indices: [] };

  constructor(store: ExampleStore, options: ExampleSamplerOptions) {
    const { batchSize, mode, random } = options;
    completeField('ExampleSampler', 'batchSize', field.whole({ min: 1 }), batchSize);
    if (mode === 'shuffled' && !random) {
      throw new UsageError(
        'ExampleSampler',
        "random is missing, expected a generator for mode 'shuffled', e.g. new Random(1337).",
      );
    }
    if (store.length === 0)
      throw new UsageError('ExampleSampler', `${store.name} has no examples, expected at least one.`);
    this.#store = store;
    this.#options = { ...options };
    this.batchesPerPass = Math.ceil(store.length / batchSize);
  }

  /** The next batch. Without an end: a new pass follows the last batch of a pass. */
  async next(): Promise<ExampleBatch> {
    // Everything that changes the sampler happens before the first await.
    const indices = this.#indices();
    this.#step++;
    const examples = await Promise.all(indices.map((index) => this.#store.read(index)));
    return batchOf(this.#store, examples, indices);
  }

  /** The position of the sampler, for `restore`. */
  state(): ExampleSamplerState {
    const { mode, batchSize, random } = this.#options;
    const { length } = this.#store;
    return { mode, batchSize, length, step: this.#step, ...(random && { random: random.state() }) };
  }

  /**
   * Continues from a `state()` of a sampler over the same examples with the same options, bit-exact.
   *
   * @throws UsageError where the state is of other data or options
   */
  restore(state: ExampleSamplerState): void {
    const current = this.state();
    for (const key of ['mode', 'batchSize', 'length'] as const) {
      if (state[key] !== current[key]) {
        throw new UsageError(
          'ExampleSampler.restore',
          `${key} was ${state[key]} when the state was saved, ` +
            `expected ${current[key]}, as here. Use the same data and options, or start again.`,
        );
      }
    }
    if (!Number.isSafeInteger(state.step) || state.step < 0) {
      throw new UsageError('ExampleSampler.restore', `step is ${state.step}, expected an integer ≥ 0.`);
    }
    this.#options.random?.restore(state.random ?? []);
    this.#step = state.step;
    this.#order = { pass: -1, indices: [] };
  }

  #indices(): readonly number[] {
    const { batchSize, random, mode } = this.#options;
    const pass = Math.floor(this.#step / this.batchesPerPass);
    if (this.#order.pass !== pass) {
      const indices = Array.from({ length: this.#store.length }, (_, i) => i);
      const shuffle = mode === 'shuffled' && random;
      this.#order = { pass, indices: shuffle ? shuffled(indices, random.fork(`pass ${pass}`)) : indices };
    }
    const begin = (this.#step % this.batchesPerPass) * batchSize;
    return this.#order.indices.slice(begin, begin + batchSize);
  }
}

/** Examples as the rows of a batch, padded to the longest. */
function batchOf(store: ExampleStore, examples: readonly Example[], indices: readonly number[]): ExampleBatch {
  const { features, name, classes } = store;
  const B = examples.length;
  const [first] = examples;
  const tokens = first.sequence instanceof Int32Array;
  const stepsOf = ({ sequence }: Example) => sequence.length / features;
  const byStep = store.output === 'step';
  /** Targets of an example, or of a step where each has its own. */
  const countOf = (example: Example) => example.targets && example.targets.length / (byStep ? stepsOf(example) : 1);
  const count = countOf(first);
  examples.forEach((example, row) => {
    const where = `${name}, example ${indices[row]}`;
    checkExample(example, where, features, classes);
    const same =
      example.sequence instanceof Int32Array === tokens &&
      countOf(example) === count &&
      (example.label === undefined) === (first.label === undefined) &&
      (example.labels === undefined) === (first.labels === undefined);
    if (!same) {
      throw new UsageError(
        'data',
        `${where} is of another kind than example ${indices[0]}, expected tokens or values, a label or none, ` +
          `and ${count ?? 'no'} targets, as it has. Keep such examples in another store.`,
      );
    }
  });
  const lengths = Int32Array.from(examples, stepsOf);
  const L = Math.max(...lengths);
  const inputs = tokens ? new Int32Array(B * L * features) : new Float32Array(B * L * features);
  examples.forEach(({ sequence }, row) => {
    inputs.set(sequence, row * L * features);
  });
  const width = (count ?? 0) * (byStep ? L : 1);
  const targets = count === undefined ? undefined : new Float32Array(B * width).fill(Number.NaN);
  const labels = first.labels && new Int32Array(B * L).fill(-1);
  examples.forEach((example, row) => {
    if (example.targets) targets?.set(example.targets, row * width);
    if (example.labels) labels?.set(example.labels, row * L);
  });
  return {
    inputs,
    B,
    L,
    features,
    ...(lengths.some((length) => length !== L) && { lengths }),
    ...(first.label !== undefined && { labels: Int32Array.from(examples, ({ label }) => label as number) }),
    ...(labels && { labels }),
    ...(targets && { targets }),
    indices: Int32Array.from(indices),
  };
}
