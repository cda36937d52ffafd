/** The learning rate of each update: warm-up, then cosine, warm-up–stable–decay, or constant. */
import type { TrainerOptions } from './trainerOptions.ts';

type ScheduleOptions = Pick<
  TrainerOptions,
  'learningRate' | 'minLearningRate' | 'schedule' | 'warmupIters' | 'decayFraction' | 'maxIters' | 'maxSeconds'
>;

/** `iter`: updates done. `seconds`: time spent, which counts only if maxSeconds is set. */
export function learningRateAt(options: ScheduleOptions, iter: number, seconds: number): number {
  const { learningRate, minLearningRate, schedule, warmupIters, decayFraction } = options;
  const warm = iter < warmupIters ? (iter + 1) / (warmupIters + 1) : 1;
  const at = progress(options, iter, seconds);
  const span = learningRate - minLearningRate;
  if (schedule === 'cosine') return warm * (minLearningRate + (span * (1 + Math.cos(Math.PI * at))) / 2);
  if (schedule === 'wsd' && at > 1 - decayFraction) return warm * (minLearningRate + (span * (1 - at)) / decayFraction);
  return warm * learningRate;
}

/** How much of the run is done, 0 to 1: by updates or by time, whichever is further. */
export function progress(
  { maxIters, maxSeconds }: Pick<TrainerOptions, 'maxIters' | 'maxSeconds'>,
  iter: number,
  seconds: number,
): number {
  return Math.min(1, Math.max(iter / maxIters, maxSeconds > 0 ? seconds / maxSeconds : 0));
}
