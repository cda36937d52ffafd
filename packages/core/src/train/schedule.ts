/** The learning rate at each moment: warm-up, then cosine, warm-up–stable–decay, or constant. */
import type { TrainOptions } from './options.ts';

type ScheduleOptions = Pick<
  TrainOptions,
  'learningRate' | 'minLearningRate' | 'schedule' | 'warmupIters' | 'decayFraction' | 'maxIters' | 'maxSeconds'
>;

/** `iter` counts updates done; `seconds` spent matter only where maxSeconds is set. */
export function learningRateAt(options: ScheduleOptions, iter: number, seconds: number): number {
  const { learningRate, minLearningRate, schedule, warmupIters, decayFraction } = options;
  const warm = iter < warmupIters ? (iter + 1) / (warmupIters + 1) : 1;
  const at = progress(options, iter, seconds);
  const span = learningRate - minLearningRate;
  if (schedule === 'cosine') return warm * (minLearningRate + (span * (1 + Math.cos(Math.PI * at))) / 2);
  if (schedule === 'wsd' && at > 1 - decayFraction) return warm * (minLearningRate + (span * (1 - at)) / decayFraction);
  return warm * learningRate;
}

/** How much of the run is done, 0 to 1: by updates, or by the clock where that is further. */
export function progress(
  { maxIters, maxSeconds }: Pick<TrainOptions, 'maxIters' | 'maxSeconds'>,
  iter: number,
  seconds: number,
): number {
  return Math.min(1, Math.max(iter / maxIters, maxSeconds > 0 ? seconds / maxSeconds : 0));
}
