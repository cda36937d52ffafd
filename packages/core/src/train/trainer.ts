/** The trainer: one model, its optimiser (AdamW) and its batches, in Node and in the browser. */
import type { ExampleStore } from '../data/examples.ts';
import type { TokenStore } from '../data/store.ts';
import { UsageError } from '../errors.ts';
import type { State } from '../layers/state.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import type { Model } from '../models/model.ts';
import type { SequenceModel } from '../models/sequenceModel.ts';
import { Random } from '../random.ts';
import { complete } from '../schema/index.ts';
import { isBackend } from '../tensor/backend.ts';
import { AdamW, accumulate, gradientNorm } from '../tensor/optimizer.ts';
import { enter } from '../tensor/scope.ts';
import { valueAndGrad } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { findBadTensor } from './nanGuard.ts';
import type { RunRecord } from './runRecord.ts';
import type { ResumeOptions, SaveOptions } from './savedTrainer.ts';
import { learningRateAt } from './schedule.ts';
import { type Task, type TaskMaker, type TrainingBatch, type TrainingData, taskOf } from './task.ts';
import { type TrainerOptions, trainerFields, trainerOptionsIn } from './trainerOptions.ts';
import type { Resumable, StepReport, TrainerState } from './types.ts';

/**
 * Trains a model on data, one update per step(). Dispose it after use; the model stays.
 *
 * @example
 * const data = await textData(await readFile('play.txt', 'utf8'), byteTokenizer());
 * const model = await createModel({ model: 'mamba', vocabSize: 256, dModel: 64, nLayer: 2 });
 * const trainer = new Trainer(model, data, { batchSize: 8, blockSize: 128, maxIters: 500 });
 * for (let i = 0; i < 500; i++) console.log((await trainer.step()).loss);
 * await trainer.save('runs/play', { tokenizer: byteTokenizer() });
 */
export class Trainer<M extends Model = LanguageModel> implements Resumable {
  /** Updates so far. */
  iter = 0;
  /** Seconds of training so far, over all sessions of the run. */
  seconds = 0;
  readonly options: Readonly<TrainerOptions>;
  readonly optimizer: AdamW;
  /** The state after the last batch, with carryState. */
  carried?: State;
  private readonly task: Task;
  /** The folder that this trainer was saved in or resumed from. */
  private record?: RunRecord;

  /**
   * Throws UsageError for an unknown option, a wrong value, and data that does not belong to the model.
   *
   * @param data tokens for a LanguageModel, examples for a SequenceModel, or a function that makes a task
   * @param options those left out have their defaults
   */
  constructor(
    readonly model: M,
    data: TrainingData<M>,
    options: Partial<TrainerOptions> = {},
  ) {
    this.options = complete('Trainer', trainerFields, options);
    const { seed, beta1, beta2, adamEps, weightDecay } = this.options;
    this.task = taskOf(model, data)(this.options, new Random(seed).fork('batches'), model);
    this.optimizer = new AdamW(model.tree.list(), { beta1, beta2, eps: adamEps, weightDecay });
  }

  /**
   * Continues the run in a folder that save() or `mamba-ts train` wrote, from its last checkpoint. With the same data
   * and options the numbers are those of a run that was not stopped, bit-exact. Node only.
   *
   * Throws UsageError if the folder holds no run, if the run is of another model, or if the data has another length.
   *
   * @example
   * const trainer = await Trainer.resume('runs/play', data, { maxIters: 1000 });
   */
  static resume(
    folder: string,
    data: TokenStore,
    options?: ResumeOptions<LanguageModel>,
  ): Promise<Trainer<LanguageModel>>;
  static resume(
    folder: string,
    data: ExampleStore,
    options?: ResumeOptions<SequenceModel>,
  ): Promise<Trainer<SequenceModel>>;
  static resume<M extends Model = LanguageModel | SequenceModel>(
    folder: string,
    data: TaskMaker<M>,
    options?: ResumeOptions<M>,
  ): Promise<Trainer<M>>;
  static async resume(
    path: string,
    data: TrainingData<Model>,
    { model: given, backend, ...changes }: ResumeOptions<Model> = {},
  ): Promise<Trainer<Model>> {
    const { openRun } = await import('./savedTrainer.ts');
    const { folder, record, model } = await openRun(path, given, backend);
    let trainer: Trainer<Model> | undefined;
    try {
      trainer = new Trainer(model, data, { ...trainerOptionsIn(record.settings), ...changes });
      if (given) await folder.restoreWeights(given);
      trainer.record = { ...record, notes: await folder.restore(trainer) };
      return trainer;
    } catch (error) {
      trainer?.dispose();
      if (!given && !isBackend(backend)) model.backend.dispose();
      throw error;
    }
  }

  /**
   * Saves a checkpoint in a folder, in the files that `mamba-ts train` writes: the model, the moments, the position in
   * the data and the settings. Trainer.resume() continues from it, and so does `mamba-ts train --out FOLDER --resume`
   * if it can read the same data from a file. Node only.
   *
   * Throws UsageError if the folder holds another run, or if another process trains in it.
   *
   * @example
   * await trainer.save('runs/play', { tokenizer: byteTokenizer(), data: 'play.txt' });
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    // Loaded here: pages do not write folders.
    const { saveTrainer } = await import('./savedTrainer.ts');
    this.record = await saveTrainer(this, path, options, this.record);
  }

  /** One update. Throws UsageError, naming the first bad tensor, if the loss or a gradient is not finite. */
  async step(): Promise<StepReport> {
    const { gradientAccumulation } = this.options;
    const batches: TrainingBatch[] = [];
    for (let i = 0; i < gradientAccumulation; i++) batches.push(await this.task.next());
    const begun = performance.now();
    const report = enter(() => this.update(batches));
    this.seconds += (performance.now() - begun) / 1000;
    return report;
  }

  private update(batches: readonly TrainingBatch[]): StepReport {
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
      const where = findBadTensor(model, sums, () => batches[0].loss().loss);
      throw new UsageError(
        'train',
        `at iteration ${this.iter + 1} the loss is ${loss} and the gradient norm ${norm}. The first bad tensor is ${where}. ` +
          `Lower learningRate (${options.learningRate}) or gradClip (${options.gradClip}).`,
      );
    }
    const learningRate = learningRateAt(options, this.iter, this.seconds);
    const clip = options.gradClip > 0 ? Math.min(1, options.gradClip / (norm + 1e-6)) : 1;
    this.optimizer.step(sums, learningRate, clip / batches.length);
    this.iter++;
    const tokens = batches.reduce((sum, { steps }) => sum + steps, 0);
    return { iter: this.iter, loss, learningRate, gradientNorm: norm, tokens };
  }

  private lossAndGrads(batch: TrainingBatch): { value: Tensor; grads: Record<string, Tensor> } {
    if (!batch.carries) this.forgetCarried();
    const before = this.carried;
    let after: State | undefined;
    const result = valueAndGrad(() => {
      const { loss, state } = batch.loss(before);
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

  /** The counters and the position in the data, as plain JSON. The parameters and moments are saved apart from it. */
  state(): TrainerState {
    return {
      iter: this.iter,
      seconds: this.seconds,
      optimizerSteps: this.optimizer.steps,
      sampler: this.task.state(),
    };
  }

  /** Continues from a state(). The caller restores the parameters and the moments. */
  restore({ iter, seconds, optimizerSteps, sampler }: TrainerState): void {
    this.task.restore(sampler);
    this.iter = iter;
    this.seconds = seconds;
    this.optimizer.steps = optimizerSteps;
  }

  /** Frees the moments and the carried state. The model stays. */
  dispose(): void {
    this.forgetCarried();
    this.optimizer.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
