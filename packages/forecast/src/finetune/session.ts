/** The loop of a run that trains the network: steps, evaluations, checkpoints, a log; it stops when told to. */
import type { SequenceModel } from '@mamba-ts/core/models';
import type { RunFolder, StepReport, Trainer } from '@mamba-ts/core/train';

export type Line = Record<string, number>;

export interface Session {
  folder: RunFolder;
  trainer: Trainer<SequenceModel>;
  maxIters: number;
  /** Stop after so many seconds, without changing the schedule. */
  seconds?: number;
  logEvery: number;
  evalEvery: number;
  saveEvery: number;
  /** After each update. */
  stepped?(step: StepReport): Promise<void>;
  evaluate(): Promise<Line>;
  save(): Promise<void>;
  report?(line: Line): void;
  signal?: AbortSignal;
}

/** → whether the run is done, and not stopped before. */
export async function runSession(session: Session): Promise<boolean> {
  const { folder, trainer, maxIters, logEvery, evalEvery, saveEvery } = session;
  const begun = performance.now();
  const isOver = () =>
    trainer.iter >= maxIters ||
    session.signal?.aborted === true ||
    performance.now() - begun >= 1000 * (session.seconds ?? Infinity);
  const tell = async (kind: string, line: Line) => {
    session.report?.(line);
    await folder.log({ kind, ...line });
  };
  let [loss, steps, at] = [0, 0, performance.now()];
  let savedAt = -1;
  while (!isOver()) {
    const step = await trainer.step();
    const { iter, learningRate, gradientNorm } = step;
    // A running mean: single batches differ by far more than what is learnt in between.
    loss = loss === 0 ? step.loss : loss + 0.02 * (step.loss - loss);
    steps += step.tokens;
    await session.stepped?.(step);
    if (iter % logEvery === 0) {
      const now = performance.now();
      await tell('step', { iter, loss, learningRate, gradientNorm, stepsPerSecond: (1000 * steps) / (now - at) });
      [steps, at] = [0, now];
    }
    if (iter % evalEvery === 0) {
      await tell('evaluation', { iter, ...(await session.evaluate()) });
      at = performance.now();
    }
    if (iter % saveEvery === 0) {
      await session.save();
      savedAt = iter;
    }
    // Signals and timers get their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (savedAt !== trainer.iter) await session.save();
  return trainer.iter >= maxIters;
}
