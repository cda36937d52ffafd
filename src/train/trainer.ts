/**
 * One model, its optimiser and its batches: what a training step is, in Node and in the browser.
 *
 *   const trainer = new Trainer(model, train, { ...defaults, batchSize: 8, blockSize: 128 });
 *   const { loss } = await trainer.step();
 */
import { type Batch, BatchSampler, type SamplerState } from '../data/sampler.ts';
import type { TokenStore } from '../data/store.ts';
import { nearestName } from '../models/config.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import type { State } from '../models/state.ts';
import { Random } from '../random.ts';
import { AdamW, accumulate, gradientNorm } from '../tensor/optimizer.ts';
import { enter } from '../tensor/scope.ts';
import { valueAndGrad } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { findBadTensor } from './nanGuard.ts';
import { completeOptions, trainFields, type TrainOptions } from './options.ts';
import { learningRateAt } from './schedule.ts';

/** What a run's folder and data need, and a trainer does not. */
const OF_RUNS = ['data', 'out', 'model', 'tokenizer', 'backend', 'threads', 'textField'] as const;

export type TrainerOptions = Omit<TrainOptions, (typeof OF_RUNS)[number]>;

const NAMES = Object.keys(trainFields).filter((name) => !OF_RUNS.includes(name as never)) as (keyof TrainerOptions)[];

export interface StepReport {
  /** Updates done, this one included. */
  iter: number;
  /** Mean cross-entropy of the update's batches, in nats. */
  loss: number;
  learningRate: number;
  gradientNorm: number;
  tokens: number;
}

/** Plain JSON: with the parameters and the moments, all that a resumed run needs. */
export interface TrainerState {
  iter: number;
  seconds: number;
  optimizerSteps: number;
  sampler: SamplerState;
}

export class Trainer {
  iter = 0;
  /** Seconds of training so far, over all sessions of the run. */
  seconds = 0;
  readonly options: TrainerOptions;
  readonly optimizer: AdamW;
  readonly sampler: BatchSampler;
  /** Where the rows of the batch before stopped, with carryState. */
  carried?: State;

  /** Options that are left out have the defaults of `mamba-ts train`. */
  constructor(
    readonly model: LanguageModel,
    data: TokenStore,
    options: Partial<TrainerOptions> = {},
  ) {
    const stranger = Object.keys(options).find((name) => !Object.hasOwn(trainFields, name));
    if (stranger !== undefined) {
      throw new Error(`Trainer: unknown option '${stranger}'. Did you mean '${nearestName(stranger, NAMES)}'?`);
    }
    this.options = completeOptions({ ...options }, NAMES);
    const { batchSize, blockSize, carryState, seed, beta1, beta2, adamEps, weightDecay } = this.options;
    this.optimizer = new AdamW(model.tree.list(), { beta1, beta2, eps: adamEps, weightDecay });
    const random = new Random(seed).fork('batches');
    this.sampler = new BatchSampler(data, {
      mode: carryState ? 'carried' : 'random',
      batchSize,
      blockSize,
      random,
      reverseComplement: this.options.reverseComplement,
    });
  }

  /** One update. Throws, naming the first bad tensor, where the loss or a gradient is not a number. */
  async step(): Promise<StepReport> {
    const { gradientAccumulation } = this.options;
    const batches: Batch[] = [];
    for (let i = 0; i < gradientAccumulation; i++) batches.push(await this.sampler.next());
    const begun = performance.now();
    const report = enter(() => this.update(batches));
    this.seconds += (performance.now() - begun) / 1000;
    return report;
  }

  private update(batches: readonly Batch[]): StepReport {
    const { model, options } = this;
    let loss = 0;
    let grads: Record<string, Tensor> | undefined;
    for (const batch of batches) {
      const result = this.lossAndGrads(batch);
      loss += result.value.read()[0] / batches.length;
      if (!grads) grads = result.grads;
      else for (const [name, grad] of Object.entries(result.grads)) accumulate(grads[name], grad);
    }
    const sums = grads as Record<string, Tensor>;
    const norm = gradientNorm(sums) / batches.length;
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      const where = findBadTensor(model, sums, () =>
        model.loss(batches[0], batches[0].targets, { documents: batches[0].documents }),
      );
      throw new Error(
        `train: at iteration ${this.iter + 1} the loss is ${loss} and the gradient norm ${norm}. The first bad tensor is ${where}. ` +
          `Lower learningRate (${options.learningRate}) or gradClip (${options.gradClip}).`,
      );
    }
    const learningRate = learningRateAt(options, this.iter, this.seconds);
    const clip = options.gradClip > 0 ? Math.min(1, options.gradClip / (norm + 1e-6)) : 1;
    this.optimizer.step(sums, learningRate, clip / batches.length);
    this.iter++;
    const tokens = batches.reduce((sum, { B, L }) => sum + B * L, 0);
    return { iter: this.iter, loss, learningRate, gradientNorm: norm, tokens };
  }

  private lossAndGrads(batch: Batch): { value: Tensor; grads: Record<string, Tensor> } {
    const { model, options } = this;
    if (!batch.carries) this.forgetCarried();
    const before = this.carried;
    let after: State | undefined;
    const result = valueAndGrad(() => {
      const { loss, state } = model.lossAndState(batch, batch.targets, { documents: batch.documents, state: before });
      if (options.carryState) after = state.keep();
      return loss;
    }, model.parameters);
    this.forgetCarried();
    this.carried = after;
    return result;
  }

  private forgetCarried(): void {
    this.carried?.dispose();
    this.carried = undefined;
  }

  state(): TrainerState {
    return {
      iter: this.iter,
      seconds: this.seconds,
      optimizerSteps: this.optimizer.steps,
      sampler: this.sampler.state(),
    };
  }

  /** Goes on from a state(); the parameters and moments are restored by whoever saved them. */
  restore({ iter, seconds, optimizerSteps, sampler }: TrainerState): void {
    this.sampler.restore(sampler);
    this.iter = iter;
    this.seconds = seconds;
    this.optimizer.steps = optimizerSteps;
  }

  dispose(): void {
    this.forgetCarried();
    this.optimizer.dispose();
  }
}
