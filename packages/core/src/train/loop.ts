/**
 * The training loop: update, report, evaluate, keep the best weights, save; until the run is finished or stopped.
 *
 *   for await (const event of training(trainer, { folder, evaluateEvery: 100, evaluate, saveEvery: 100 })) {
 *     if (event.kind === 'step') console.log(event.iter, event.loss);
 *   }
 *
 * A run that was stopped and resumed, at any update, gives the same numbers as one that was not.
 */
import type { Model } from '../models/model.ts';
import type { RunFolder } from './runFolder.ts';
import { progress } from './schedule.ts';
import type { Trainer } from './trainer.ts';
import type { StepReport } from './types.ts';

export interface TrainingPlan<E> {
  /** Takes the checkpoints and the log. */
  folder: RunFolder;
  /** Measures the model. Default: nothing is measured. */
  evaluate?(): E | Promise<E>;
  /** Updates between evaluations. The last update of the run has one too. */
  evaluateEvery: number;
  /** Whether a session that is stopped early ends with an evaluation. Default: false. */
  evaluateAtStop?: boolean;
  /** Keeps the weights with the lowest `loss` of an evaluation in the folder's best/. Default: they are not kept. */
  best?: {
    /** The lowest loss before this session. Default: Infinity. */
    loss?: number;
    /** JSON files that belong to the model, by name. */
    files: Readonly<Record<string, unknown>>;
  };
  /** Updates between checkpoints. The end of the session has one too. Default: Infinity. */
  saveEvery?: number;
  /** Seconds between checkpoints. Default: Infinity. */
  saveSeconds?: number;
  /** Plain JSON that is saved with each checkpoint, such as a learning curve. */
  notes?(): unknown;
  /** Updates between steps in the log, which then has the evaluations too. Default: the caller logs. */
  logEvery?: number;
  /** Ends the run before its last update. */
  isSolved?(): boolean;
  /** Stops the session, not the run, at this update. The schedule stays the same. */
  stopAt?: number;
  /** Stops the session after this time. */
  seconds?: number;
  /** Stops the session. */
  signal?: AbortSignal;
}

export interface StepEvent extends StepReport {
  kind: 'step';
  /** How much of the run is done, 0 to 1. */
  done: number;
  tokensPerSecond: number;
  /** Seconds of training, over all sessions. */
  seconds: number;
}

export interface EvaluationEvent<E> {
  kind: 'evaluation';
  iter: number;
  evaluation: E;
  /** Whether its loss is the lowest so far. */
  best: boolean;
}

/** A checkpoint is on disk. */
export interface SavedEvent {
  kind: 'saved';
  iter: number;
}

export type TrainingEvent<E> = StepEvent | EvaluationEvent<E> | SavedEvent;

/** Whether the run has had all its updates or its time. */
export const isFinished = ({ options, iter, seconds }: Pick<Trainer<Model>, 'options' | 'iter' | 'seconds'>): boolean =>
  progress(options, iter, seconds) >= 1;

/**
 * Trains to the end of the session. What the caller does with an event comes before the next part of the loop: a
 * checkpoint has the notes of the evaluation before it.
 */
export async function* training<M extends Model, E extends object>(
  trainer: Trainer<M>,
  plan: TrainingPlan<E>,
): AsyncGenerator<TrainingEvent<E>, void, undefined> {
  const { folder, evaluateEvery, saveEvery = Infinity, saveSeconds = Infinity, logEvery, best } = plan;
  const { stopAt = Infinity, seconds = Infinity, signal } = plan;
  const begun = performance.now();
  let bestLoss = best?.loss ?? Infinity;
  let evaluatedAt = -1;
  let saved = { iter: trainer.iter, time: begun };

  const isOver = () => plan.isSolved?.() === true || isFinished(trainer);
  const isStopped = () =>
    signal?.aborted === true || trainer.iter >= stopAt || performance.now() - begun >= 1000 * seconds;

  async function* evaluate(): AsyncGenerator<EvaluationEvent<E>> {
    if (!plan.evaluate) return;
    const { iter } = trainer;
    const evaluation = await plan.evaluate();
    const loss = 'loss' in evaluation ? Number(evaluation.loss) : Infinity;
    const isBest = loss < bestLoss;
    if (best && isBest) {
      bestLoss = loss;
      await folder.saveBest(trainer.model, best.files, iter);
      // The checkpoint has to know the loss.
      saved = { ...saved, iter: -1 };
    }
    if (logEvery) await folder.log({ kind: 'evaluation', iter, ...evaluation, best: isBest });
    evaluatedAt = iter;
    yield { kind: 'evaluation', iter, evaluation, best: isBest };
  }

  async function* save(): AsyncGenerator<SavedEvent> {
    const notes = plan.notes?.();
    await folder.save(trainer, {
      ...(best && Number.isFinite(bestLoss) && { bestLoss }),
      ...(notes !== undefined && { notes }),
    });
    saved = { iter: trainer.iter, time: performance.now() };
    yield { kind: 'saved', iter: trainer.iter };
  }

  while (!isOver() && !isStopped()) {
    const secondsBefore = trainer.seconds;
    const report = await trainer.step();
    const step: StepEvent = {
      kind: 'step',
      ...report,
      done: progress(trainer.options, trainer.iter, trainer.seconds),
      tokensPerSecond: report.tokens / (trainer.seconds - secondsBefore),
      seconds: trainer.seconds,
    };
    yield step;
    if (logEvery && (step.iter % logEvery === 0 || step.iter === 1)) await folder.log(step);
    if (step.iter % evaluateEvery === 0 || isOver()) yield* evaluate();
    if (step.iter % saveEvery === 0 || performance.now() - saved.time > 1000 * saveSeconds) yield* save();
    // Lets signals and timers run.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (plan.evaluateAtStop && evaluatedAt !== trainer.iter) yield* evaluate();
  if (saved.iter !== trainer.iter) yield* save();
}
