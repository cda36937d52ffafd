/**
 * Fine-tunes the forecaster on own series, from the zero-shot weights, which stay as they are.
 *
 * The end of every series is held out. The weights that forecast it best are kept; if none are better than the
 * zero-shot weights, those are. Synthetic series are mixed in, so that the model forgets little.
 */
import type { BackendName } from '@mamba-ts/core/backend';
import { UsageError } from '@mamba-ts/core/errors';
import { complete, field, type InputsOf } from '@mamba-ts/core/schema';
import { loadSequenceModel } from '@mamba-ts/core/sequence';
import { openBackend } from '@mamba-ts/core/tensor';
import { isFinished, RunFolder, Trainer, training } from '@mamba-ts/core/train';
import { packagedModel } from '../load.ts';
import { PATCH } from '../model/window.ts';
import { baseFields } from '../options.ts';
import { seasonField, stepsOfSeasons } from '../seasons.ts';
import type { Values } from '../types.ts';
import { checkValues } from '../values.ts';
import { mixedBatches } from './batchSource.ts';
import { forecastTask, meanLoss } from './forecastTask.ts';
import { type Line, ProgressLog } from './progressLog.ts';
import { ownSeries } from './seriesSource.ts';
import { batchAtEnd } from './trainingBatch.ts';

export const finetuneFields = {
  /** The folder of the run. The best weights are in its `best`. */
  out: field.text(),
  /** The weights to start from. Default: those of the package. */
  from: field.optional(field.text()),
  /** Continues the run in the folder. Default: false. */
  resume: field.flag({ default: false, help: 'continue the run in --out' }),
  /** Steps ahead that matter. This number of values at the end of each series is held out. Default: 24. */
  horizon: { ...baseFields.horizon, default: 24, help: 'steps ahead that matter. Default: by the frequency.' },
  /** Steps of a season, or of several; 1: there is none. Default: found in the values. */
  season: field.optional({ ...seasonField, default: undefined, flag: false }),
  /** Updates in total. Default: 300. */
  iters: field.whole({ min: 1, default: 300, help: 'updates in total. Default: 300.' }),
  /** Stops after this time; the run can be resumed. Default: no limit. */
  seconds: field.optional(field.number({ min: 0, open: true })),
  /** The highest learning rate. Default: 3e-4. */
  learningRate: field.number({
    min: 0,
    open: true,
    default: 3e-4,
    help: 'the highest learning rate. Default: 0.0003.',
    flag: 'rate',
  }),
  /** The part of the batches that is synthetic. Default: 0.25. */
  synthetic: field.number({ min: 0, max: 1, default: 0.25 }),
  /** The seed of all randomness. Default: 1. */
  seed: field.whole({ min: 0, default: 1, help: 'the seed of all randomness. Default: 1.' }),
};

export interface FinetuneOptions extends Omit<InputsOf<typeof finetuneFields>, 'out'> {
  /** The folder of the run. The best weights are in its `best`. */
  out: string;
  /** Default: 'auto'. */
  backend?: BackendName;
  /** Default: every core. */
  threads?: number;
  /** Receives what the log gets: losses and evaluations. */
  report?(line: Line): void;
  /** Stops after the current update and saves. */
  signal?: AbortSignal;
}

export interface Finetuned {
  /** The folder to load. */
  best: string;
  iter: number;
  /** Whether the run had all its updates. */
  isDone: boolean;
  /** Mean pinball loss of the values held out, in units of the seasonal naive error: with the first weights. */
  before: number;
  /** The same with the best weights. */
  after: number;
}

/** best.json: the losses of the first and of the best weights. */
interface BestLoss {
  before: number;
  loss: number;
  iter: number;
}

/** Steps of a batch, about. Less than in pretraining, since there is less data. */
const BUDGET = 1024;
/** Series whose ends are forecast at each evaluation, at most. */
const HELD_OUT = 256;
/** Updates between evaluations, which are checkpoints too. */
const EVALUATE_EVERY = 25;
const LOG_EVERY = 5;

/**
 * Trains on `series` (NaN: missing) until the run is finished or stopped.
 *
 * Throws UsageError for wrong options, for series that are all too short or constant, and for a folder that holds
 * another run or cannot be written. Node only.
 *
 * @example
 * const { before, after } = await finetune(series, { out: 'runs/mine', seconds: 120 });
 * const forecaster = await loadForecaster('runs/mine/best');
 */
export async function finetune(series: readonly Values[], options: FinetuneOptions): Promise<Finetuned> {
  const { backend: backendName = 'auto', threads, report, signal, ...given } = options;
  const { out, from, resume, horizon, season, iters, seconds, learningRate, synthetic, seed } = complete(
    'finetune',
    finetuneFields,
    given,
  );
  const seasons = season && stepsOfSeasons(season);
  const usable = usableSeries(
    series.map((values, i) => checkValues(values, `series ${i}`)),
    horizon,
  );
  const folder = await RunFolder.open(out, { where: 'finetune' });
  try {
    if (!resume && (await folder.holdsRun())) {
      throw new UsageError(
        'finetune',
        `${out} holds a run already. Continue it with --resume, or choose another --out.`,
      );
    }
    const backend = await openBackend(backendName, { threads, compiles: true });
    try {
      const model = await loadSequenceModel(resume ? out : (from ?? (await packagedModel())), { backend });
      const heldOut = spread(usable, HELD_OUT).map((values) => batchAtEnd(values, horizon, seasons));
      const batches = mixedBatches(ownSeries(usable, horizon, seasons), seed, BUDGET, synthetic);
      const trainer = new Trainer(model, forecastTask(batches), {
        seed,
        maxIters: iters,
        learningRate,
        minLearningRate: learningRate / 30,
        schedule: 'cosine',
        warmupIters: 10,
        weightDecay: 0,
        gradClip: 1,
      });
      const evaluate = () => ({ loss: meanLoss(model, heldOut) });
      const keepBest = (best: BestLoss) => folder.writeJson('best.json', best);
      let before: number;
      let after: number;
      if (resume) {
        ({ before, loss: after } = (await folder.readJson('best.json')) as BestLoss);
        await folder.restore(trainer);
      } else {
        before = evaluate().loss;
        after = before;
        await folder.saveBest(model, {}, 0);
        await keepBest({ before, loss: before, iter: 0 });
        await folder.begin(model, {});
        await folder.save(trainer);
      }
      const log = new ProgressLog(folder, LOG_EVERY, report);
      const plan = {
        folder,
        evaluate,
        evaluateEvery: EVALUATE_EVERY,
        saveEvery: EVALUATE_EVERY,
        best: { loss: after, files: {} },
        seconds,
        signal,
      };
      for await (const event of training(trainer, plan)) {
        if (event.kind === 'step') await log.step(event);
        if (event.kind !== 'evaluation') continue;
        const { iter, best, evaluation } = event;
        if (best) {
          after = evaluation.loss;
          await keepBest({ before, loss: after, iter });
        }
        await log.evaluation(iter, { held: evaluation.loss, before });
      }
      trainer.dispose();
      return { best: folder.file('best'), iter: trainer.iter, isDone: isFinished(trainer), before, after };
    } finally {
      backend.dispose();
    }
  } finally {
    await folder.close();
  }
}

/** The series that are long enough to train on without their end. */
function usableSeries(series: readonly Float64Array[], horizon: number): Float64Array[] {
  const least = horizon + 2 * PATCH;
  const usable = series.filter((values) => values.length >= least && !isConstant(values.subarray(0, -horizon)));
  if (usable.length > 0) return usable;
  throw new UsageError(
    'finetune',
    `none of ${series.length} series has ${least} values that are not all equal (the horizon ${horizon} and two patches of ${PATCH}). ` +
      'Give longer series, or forecast them without fine-tuning.',
  );
}

function isConstant(values: Float64Array): boolean {
  const first = values.find((x) => !Number.isNaN(x));
  return values.every((x) => Number.isNaN(x) || x === first);
}

/** At most `count` items, evenly spread over the list. */
const spread = <T>(items: readonly T[], count: number): T[] =>
  items.length <= count
    ? [...items]
    : Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]);
