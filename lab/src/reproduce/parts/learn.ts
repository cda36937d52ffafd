/**
 * Training inside a run of an experiment: from its last checkpoint, with evaluations on the way.
 *
 *   const { curve } = await learn(context, { model, data: task, options: { maxIters: 4000 } });
 *
 * A run that is stopped or killed goes on to the same bits as one that was not.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { openTensorFile } from '@mamba-ts/core/formats';
import type { Model } from '@mamba-ts/core/models';
import { RunFolder, Trainer, type TrainerOptions, type TrainingData } from '@mamba-ts/core/train';
import { type RunContext, Stopped } from '../experiment.ts';

/** What an evaluation says, by name. */
export type Measured = Readonly<Record<string, number>>;

export interface Course<M extends Model> {
  /** With its first values, which a checkpoint replaces. */
  model: M;
  data: TrainingData;
  options: Partial<TrainerOptions> & { maxIters: number };
  /** Names the checkpoint, where a run trains several models. */
  name?: string;
  /** Updates between evaluations; the last update has one, too. */
  evalEvery?: number;
  evaluate?(model: M, iter: number): Measured | Promise<Measured>;
  /** Whether an evaluation says that there is nothing more to learn. */
  isSolved?(measured: Measured): boolean;
  /** The part of the run's progress that this is; [0, 1] by default. */
  share?: readonly [number, number];
}

export interface Learned {
  /** Updates done. */
  iter: number;
  /** Seconds of updates. */
  seconds: number;
  /** Mean loss of the updates since the evaluation before, and what was measured. */
  curve: ({ iter: number; loss: number } & Measured)[];
}

/** Between two checkpoints. */
const SECONDS = 30;

export async function learn<M extends Model>(context: RunContext, course: Course<M>): Promise<Learned> {
  const { model, data, options, name = 'model' } = course;
  const trainer = new Trainer(model, data, options);
  try {
    const folder = await RunFolder.open(`${context.folder}/${name}`);
    try {
      return await follow(context, course, trainer, folder);
    } finally {
      await folder.close();
    }
  } finally {
    trainer.dispose();
  }
}

async function follow<M extends Model>(
  context: RunContext,
  course: Course<M>,
  trainer: Trainer<M>,
  folder: RunFolder,
): Promise<Learned> {
  const { model, options, evalEvery = options.maxIters, evaluate, isSolved, share: [from, to] = [0, 1] } = course;
  let { curve, sum, count, done } = await resumed(folder, trainer);
  const save = async () => {
    const carried = trainer.carried && Buffer.from(await trainer.carried.save()).toString('base64');
    const notes = { curve, sum, count, done };
    await folder.save(trainer, { trainer: trainer.state(), notes, ...(carried && { carried }) });
  };
  let savedAt = performance.now();
  while (!done) {
    const { iter, loss } = await trainer.step();
    sum += loss;
    count++;
    if (iter % evalEvery === 0 || iter === options.maxIters) {
      const measured = (await evaluate?.(model, iter)) ?? {};
      curve.push({ iter, loss: sum / count, ...measured });
      [sum, count] = [0, 0];
      done = iter === options.maxIters || isSolved?.(measured) === true;
    }
    context.progress(from + ((to - from) * iter) / options.maxIters, `loss ${loss.toFixed(3)}`);
    if (done || context.signal.aborted || performance.now() - savedAt > 1000 * SECONDS) {
      await save();
      savedAt = performance.now();
    }
    if (!done && context.signal.aborted) throw new Stopped();
    // Signals and timers get their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { iter: trainer.iter, seconds: trainer.seconds, curve };
}

interface Notes {
  curve: Learned['curve'];
  sum: number;
  count: number;
  done: boolean;
}

async function resumed<M extends Model>(folder: RunFolder, trainer: Trainer<M>): Promise<Notes> {
  if (!(await folder.holdsRun())) return { curve: [], sum: 0, count: 0, done: false };
  try {
    const { notes, carried } = await folder.restore(trainer);
    const weights = await openTensorFile(folder.file('model.safetensors'));
    try {
      for (const [name, tensor] of Object.entries(trainer.model.parameters)) {
        tensor.write((await weights.read(name)).data);
      }
    } finally {
      await weights.close();
    }
    if (carried) trainer.carried = await trainer.model.loadState(Buffer.from(carried, 'base64'));
    return notes as Notes;
  } catch (error) {
    throw new UsageError(
      'reproduce',
      `the checkpoint in ${folder.path} is damaged or of other settings (${(error as Error).message}) ` +
        'Remove that folder, and this run starts again.',
    );
  }
}
