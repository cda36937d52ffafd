/**
 * Training inside a run of an experiment: from its last checkpoint, with a learning curve.
 *
 *   const { curve } = await learn(context, { model, data: task, options: { maxIters: 4000 } });
 *
 * A run that is stopped or killed continues bit-exact.
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { Model } from '@mamba-ts/core/models';
import { isFinished, RunFolder, Trainer, type TrainerOptions, type TrainingData, training } from '@mamba-ts/core/train';
import { type RunContext, Stopped } from '../experiment.ts';

/** The numbers of an evaluation, by name. */
export type Measured = Readonly<Record<string, number>>;

export interface Course<M extends Model> {
  /** With its initial values, which a checkpoint replaces. */
  model: M;
  data: TrainingData<M>;
  options: Partial<TrainerOptions> & { maxIters: number };
  /** Names the checkpoint, for runs that train several models. Default: 'model'. */
  name?: string;
  /** Updates between evaluations. The last update has one too. Default: maxIters. */
  evalEvery?: number;
  evaluate?(model: M, iter: number): Measured | Promise<Measured>;
  /** Whether an evaluation shows that there is nothing more to learn, which ends the training. */
  isSolved?(measured: Measured): boolean;
  /** The part of the run's progress that this training is. Default: [0, 1]. */
  share?: readonly [number, number];
}

export interface Learned {
  /** Updates done. */
  iter: number;
  /** Seconds of updates. */
  seconds: number;
  /** For each evaluation: the mean loss of the updates since the one before, and the measured numbers. */
  curve: ({ iter: number; loss: number } & Measured)[];
}

/** Between two checkpoints. */
const SAVE_SECONDS = 30;

/** What a checkpoint holds of a curve. */
interface CurveNotes {
  curve: Learned['curve'];
  /** The losses since the last evaluation: their sum and number. */
  sum: number;
  count: number;
  /** Whether training has ended. */
  done: boolean;
}

/**
 * Trains to the end. Throws Stopped, after saving, if the context's signal is aborted before, and UsageError if the
 * checkpoint in the folder is damaged or of other settings.
 */
export async function learn<M extends Model>(context: RunContext, course: Course<M>): Promise<Learned> {
  const { model, data, options, name = 'model' } = course;
  const trainer = new Trainer(model, data, options);
  try {
    const folder = await RunFolder.open(`${context.folder}/${name}`, { where: 'reproduce' });
    try {
      return await learnIn(folder, trainer, context, course);
    } finally {
      await folder.close();
    }
  } finally {
    trainer.dispose();
  }
}

async function learnIn<M extends Model>(
  folder: RunFolder,
  trainer: Trainer<M>,
  context: RunContext,
  course: Course<M>,
): Promise<Learned> {
  const { model, options, evaluate, isSolved, share: [from, to] = [0, 1] } = course;
  const notes = await restored(folder, trainer);
  const plan = {
    folder,
    evaluate: async (): Promise<Measured> => (await evaluate?.(model, trainer.iter)) ?? {},
    evaluateEvery: course.evalEvery ?? options.maxIters,
    isSolved: () => notes.done,
    saveSeconds: SAVE_SECONDS,
    notes: () => notes,
    signal: context.signal,
  };
  for await (const event of training(trainer, plan)) {
    if (event.kind === 'step') {
      notes.sum += event.loss;
      notes.count++;
      context.progress(from + (to - from) * event.done, `loss ${event.loss.toFixed(3)}`);
    }
    if (event.kind === 'evaluation') {
      const { iter, evaluation } = event;
      notes.curve.push({ iter, loss: notes.sum / notes.count, ...evaluation });
      [notes.sum, notes.count] = [0, 0];
      notes.done = isFinished(trainer) || isSolved?.(evaluation) === true;
    }
  }
  if (!notes.done) throw new Stopped();
  return { iter: trainer.iter, seconds: trainer.seconds, curve: notes.curve };
}

async function restored<M extends Model>(folder: RunFolder, trainer: Trainer<M>): Promise<CurveNotes> {
  if (!(await folder.holdsRun())) return { curve: [], sum: 0, count: 0, done: false };
  try {
    const { notes } = await folder.restore(trainer);
    await folder.restoreWeights(trainer.model);
    return notes as CurveNotes;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      'reproduce',
      `the checkpoint in ${folder.path} is damaged or of other settings (${error.what}) ` +
        'Remove that folder, and this run starts again.',
    );
  }
}
