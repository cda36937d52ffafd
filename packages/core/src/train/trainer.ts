/**
 * One model, its optimiser and its batches: what a training step is, in Node and in the browser.
 *
 *   const trainer = new Trainer(model, train, { ...defaults, batchSize: 8, blockSize: 128 });
 *   const { loss } = await trainer.step();
 */
import { UsageError } from '../errors.ts';
import { nearestName } from '../layers/config.ts';
import type { State } from '../layers/state.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import type { Model } from '../models/model.ts';
import { Random } from '../random.ts';
import { AdamW, accumulate, gradientNorm } from '../tensor/optimizer.ts';
import { enter } from '../tensor/scope.ts';
import { valueAndGrad } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { findBadTensor } from './nanGuard.ts';
import { completeOptions, ofRuns, type TrainOptions, trainFields } from './options.ts';
import { learningRateAt } from './schedule.ts';
import { type Lesson, type Task, type TrainingData, taskOf } from './task.ts';

export type TrainerOptions = Omit<TrainOptions, (typeof ofRuns)[number]>;

const NAMES = Object.keys(trainFields).filter((name) => !ofRuns.includes(name as never)) as (keyof TrainerOptions)[];

export interface StepReport {
  /** Updates done, this one included. */
  iter: number;
  /** Mean loss of the update's batches: cross-entropy in nats, or squared error. */
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
  sampler: unknown;
}

export class Trainer<M extends Model = LanguageModel> {
  iter = 0;
  /** Seconds of training so far, over all sessions of the run. */
  seconds = 0;
  readonly options: TrainerOptions;
  readonly optimizer: AdamW;
  private readonly task: Task;
  /** Where the rows of the batch before stopped, with carryState. */
  carried?: State;

  /** Options that are left out have the defaults of `mamba-ts train`. */
  constructor(
    readonly model: M,
    data: TrainingData,
    options: Partial<TrainerOptions> = {},
  ) {
    const stranger = Object.keys(options).find((name) => !Object.hasOwn(trainFields, name));
    if (stranger !== undefined) {
      throw new UsageError('Trainer', `unknown option '${stranger}'. Did you mean '${nearestName(stranger, NAMES)}'?`);
    }
    this.options = completeOptions({ ...options }, NAMES);
    const { seed, beta1, beta2, adamEps, weightDecay } = this.options;
    this.optimizer = new AdamW(model.tree.list(), { beta1, beta2, eps: adamEps, weightDecay });
    this.task = taskOf(model, data)(this.options, new Random(seed).fork('batches'));
  }

  /** One update. Throws, naming the first bad tensor, where the loss or a gradient is not a number. */
  async step(): Promise<StepReport> {
    const { gradientAccumulation } = this.options;
    const lessons: Lesson[] = [];
    for (let i = 0; i < gradientAccumulation; i++) lessons.push(await this.task.next());
    const begun = performance.now();
    const report = enter(() => this.update(lessons));
    this.seconds += (performance.now() - begun) / 1000;
    return report;
  }

  private update(lessons: readonly Lesson[]): StepReport {
    const { model, options } = this;
    let loss = 0;
    let grads: Record<string, Tensor> | undefined;
    for (const lesson of lessons) {
      const result = this.lossAndGrads(lesson);
      loss += result.value.read()[0] / lessons.length;
      if (!grads) grads = result.grads;
      else for (const [name, grad] of Object.entries(result.grads)) accumulate(grads[name], grad);
    }
    const sums = grads as Record<string, Tensor>;
    const norm = gradientNorm(sums) / lessons.length;
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      const where = findBadTensor(model, sums, () => lessons[0].loss().loss);
      throw new UsageError(
        'train',
        `at iteration ${this.iter + 1} the loss is ${loss} and the gradient norm ${norm}. The first bad tensor is ${where}. ` +
          `Lower learningRate (${options.learningRate}) or gradClip (${options.gradClip}).`,
      );
    }
    const learningRate = learningRateAt(options, this.iter, this.seconds);
    const clip = options.gradClip > 0 ? Math.min(1, options.gradClip / (norm + 1e-6)) : 1;
    this.optimizer.step(sums, learningRate, clip / lessons.length);
    this.iter++;
    const tokens = lessons.reduce((sum, { steps }) => sum + steps, 0);
    return { iter: this.iter, loss, learningRate, gradientNorm: norm, tokens };
  }

  private lossAndGrads(lesson: Lesson): { value: Tensor; grads: Record<string, Tensor> } {
    if (!lesson.carries) this.forgetCarried();
    const before = this.carried;
    let after: State | undefined;
    const result = valueAndGrad(() => {
      const { loss, state } = lesson.loss(before);
      if (this.options.carryState) after = state?.keep();
      return loss;
    }, this.model.parameters);
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
      sampler: this.task.state(),
    };
  }

  /** Goes on from a state(); the parameters and moments are restored by whoever saved them. */
  restore({ iter, seconds, optimizerSteps, sampler }: TrainerState): void {
    this.task.restore(sampler);
    this.iter = iter;
    this.seconds = seconds;
    this.optimizer.steps = optimizerSteps;
  }

  dispose(): void {
    this.forgetCarried();
    this.optimizer.dispose();
  }
}
