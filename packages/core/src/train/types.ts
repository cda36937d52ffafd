/** What the parts of training exchange: the report of an update, and what a checkpoint holds of a trainer. */
import type { State } from '../layers/state.ts';
import type { Model } from '../models/model.ts';
import type { AdamW } from '../tensor/optimizer.ts';

export interface StepReport {
  /** Updates done, this one included. */
  iter: number;
  /** Mean loss of the batches of the update: cross-entropy in nats, or squared error. */
  loss: number;
  learningRate: number;
  /** Before clipping. */
  gradientNorm: number;
  /** Tokens or steps of the batches. */
  tokens: number;
}

/** Plain JSON. With the parameters, the moments and the carried state it is all that resuming needs. */
export interface TrainerState {
  iter: number;
  /** Seconds of training, over all sessions. */
  seconds: number;
  optimizerSteps: number;
  /** The state of the task: where its batches are. */
  sampler: unknown;
}

/** What a checkpoint is made from, and what it is restored into. */
export interface Resumable {
  readonly model: Model;
  readonly optimizer: AdamW;
  /** The state after the last batch, with carryState. */
  carried?: State;
  state(): TrainerState;
  restore(state: TrainerState): void;
}

/** What a checkpoint holds beyond the trainer. */
export interface Notes {
  /** The lowest validation loss so far. */
  bestLoss?: number;
  /** Plain JSON of the caller, such as a learning curve. */
  notes?: unknown;
}
