/** The options of a training step: one table gives the types, the defaults, the checks, the help and the flags. */
import { type Field, field, type ValuesOf } from '../schema/index.ts';

/** A number from 0 to below 1. */
export const fraction = (value: number, help: string): Field<number> => ({
  ...field.number({ default: value, help }),
  accepts: (given) => typeof given === 'number' && given >= 0 && given < 1,
  expected: 'a number from 0 to below 1',
});

export const trainerFields = {
  /** The seed of all randomness. Default: 1337. */
  seed: field.whole({ min: 0, default: 1337, help: 'the seed of all randomness' }),
  /** B, rows of a batch. Default: 8. */
  batchSize: field.whole({ min: 1, default: 8, help: 'rows of a batch' }),
  /** L, tokens of a row. Default: 256. */
  blockSize: field.whole({ min: 1, default: 256, help: 'tokens of a row' }),
  /** Batches summed for one update. Default: 1. */
  gradientAccumulation: field.whole({ min: 1, default: 1, help: 'batches summed for one update' }),
  /** Updates in total. The schedule ends there. Default: 1000. */
  maxIters: field.whole({ min: 1, default: 1000, help: 'updates in total' }),
  /** Seconds of training in total; the schedule then follows the clock. 0: no limit. Default: 0. */
  maxSeconds: field.number({
    min: 0,
    default: 0,
    help: 'end after this time; the schedule then follows the clock (0: no limit)',
  }),
  /** The highest learning rate. Default: 0.001. */
  learningRate: field.number({ min: 0, open: true, default: 1e-3, help: 'the highest learning rate' }),
  /** The learning rate at the end. Default: 0.0001. */
  minLearningRate: field.number({ min: 0, default: 1e-4, help: 'the learning rate at the end' }),
  /**
   * How the learning rate falls after the warm-up: along a cosine, only in the last part of training ('wsd': warm-up,
   * stable, decay), or never. Default: 'cosine'.
   */
  schedule: field.choice(['cosine', 'wsd', 'constant'], {
    default: 'cosine',
    help: 'how the learning rate falls: cosine, wsd or constant',
  }),
  /** Updates in which the learning rate rises. Default: 20. */
  warmupIters: field.whole({ min: 0, default: 20, help: 'updates in which the learning rate rises' }),
  /** Schedule 'wsd': the last part of training, in which the learning rate falls. Default: 0.2. */
  decayFraction: fraction(0.2, 'wsd: the last part of training, in which the learning rate falls'),
  /** AdamW weight decay. Default: 0.1. */
  weightDecay: field.number({ min: 0, default: 0.1, help: 'AdamW weight decay' }),
  /** AdamW β₁. Default: 0.9. */
  beta1: fraction(0.9, 'AdamW beta 1'),
  /** AdamW β₂. Default: 0.95. */
  beta2: fraction(0.95, 'AdamW beta 2'),
  /** AdamW ε. Default: 1e-8. */
  adamEps: field.number({ min: 0, open: true, default: 1e-8, help: 'AdamW epsilon' }),
  /** The largest norm of the gradient; larger gradients are scaled down to it. 0: no clipping. Default: 1. */
  gradClip: field.number({ min: 0, default: 1, help: 'the largest gradient norm (0: no clipping)' }),
  /** Each row continues where it ended, with its state (truncated backpropagation). Default: false. */
  carryState: field.flag({
    default: false,
    help: 'rows continue where they ended, with their state (truncated backpropagation)',
  }),
  /** DNA: half of the rows are read on the opposite strand. Default: false. */
  reverseComplement: field.flag({ default: false, help: 'dna: read half of the rows on the opposite strand' }),
};

/** The options of a Trainer, complete. All are also options of `mamba-ts train`. */
export interface TrainerOptions extends ValuesOf<typeof trainerFields> {}

/** The trainer's options among the options of a run. */
export const trainerOptionsIn = (settings: object): Partial<TrainerOptions> =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => Object.hasOwn(trainerFields, name)));
