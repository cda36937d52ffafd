/**
 * Training goes on with one's own series, from the zero-shot weights, which stay as they are.
 *
 *   const { before, after } = await finetune(series, { out: 'runs/mine', seconds: 120 });
 *   const f = await loadForecaster('runs/mine/best');
 *
 * The end of every series is kept back. The weights that forecast it best are kept; where none are better than
 * the zero-shot ones, those are. Synthetic series go on between one's own, so that the model forgets little.
 */

import type { BackendName } from '@mamba-ts/core/backend';
import { UsageError } from '@mamba-ts/core/errors';
import { loadSequenceModel, type SequenceModel } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import { openBackend } from '@mamba-ts/core/tensor';
import { RunFolder, Trainer } from '@mamba-ts/core/train';
import { packagedWeights } from '../load.ts';
import { PATCH } from '../model/window.ts';
import { type SeasonOption, seasonHint, stepsOfSeasons } from '../seasons.ts';
import type { Values } from '../types.ts';
import { checkValues } from '../values.ts';
import { type Line, runSession } from './session.ts';
import { lessonTask, meanLoss } from './task.ts';
import { drawLesson, type LessonSteps, lessonAtEnd, type SeriesSource } from './trainingBatch.ts';

export interface FinetuneOptions {
  /** The folder of the run; the weights are in its `best`. */
  out: string;
  /** The weights to start from. Default: those of the package. */
  from?: string;
  /** Go on with the run that is in the folder. */
  resume?: boolean;
  /** Steps ahead that matter: so many values at the end of each series are kept back. Default: 24. */
  horizon?: number;
  /** Steps of a season, or of several. Default: found in the values. */
  season?: SeasonOption;
  /** Updates in all. Default: 300. */
  iters?: number;
  /** Stop after so many seconds; the run can be gone on with. */
  seconds?: number;
  /** Default: 3e-4. */
  learningRate?: number;
  /** Part of the batches that are synthetic. Default: 0.25. */
  synthetic?: number;
  seed?: number;
  backend?: BackendName;
  /** Default: every core. */
  threads?: number;
  report?(line: Line): void;
  signal?: AbortSignal;
}

export interface Finetuned {
  /** The folder to load. */
  best: string;
  iter: number;
  isDone: boolean;
  /** Mean pinball loss of what was kept back, in units of the seasonal naive error. */
  before: number;
  after: number;
}

/** Steps of a batch, about: smaller than in pretraining, since there is less to learn from. */
const BUDGET = 1024;
/** Series whose ends are forecast at each evaluation, at most. */
const HELD = 256;
const EVERY = 25;

export async function finetune(series: readonly Values[], options: FinetuneOptions): Promise<Finetuned> {
  const { out, horizon = 24, iters = 300, learningRate = 3e-4, synthetic = 0.25, seed = 1, resume = false } = options;
  const season = options.season === undefined ? undefined : stepsOfSeasons(seasonHint(options.season, 'finetune'));
  const checked = series.map((values, i) => checkValues(values, `series ${i}`));
  const usable = usableSeries(checked, horizon);
  const folder = await RunFolder.open(out);
  try {
    if (!resume && (await folder.holdsRun())) {
      throw new UsageError(
        'finetune',
        `${out} holds a run already. Go on with it by --resume, or choose another --out.`,
      );
    }
    const backend = await openBackend(options.backend ?? 'auto', { threads: options.threads });
    const model = await loadSequenceModel(resume ? out : (options.from ?? packagedWeights()), { backend });
    const held = spread(usable, HELD).map((values) => lessonAtEnd(values, horizon, season));
    const source = ownSeries(usable, horizon, season);
    const trainer = new Trainer(model, lessonTask(model, lessonsOf(source, seed, synthetic)), {
      seed,
      maxIters: iters,
      learningRate,
      minLearningRate: learningRate / 30,
      schedule: 'cosine',
      warmupIters: 10,
      weightDecay: 0,
      gradClip: 1,
    });
    const best = await Best.open(folder, model, resume, () => meanLoss(model, held));
    if (resume) await folder.restore(trainer);
    else {
      await folder.begin(model, {});
      await folder.save(trainer, { trainer: trainer.state() });
    }
    const isDone = await runSession({
      folder,
      trainer,
      maxIters: iters,
      seconds: options.seconds,
      logEvery: 5,
      evalEvery: EVERY,
      saveEvery: EVERY,
      evaluate: async () => ({ held: await best.offer(meanLoss(model, held), trainer.iter), before: best.before }),
      save: () => folder.save(trainer, { trainer: trainer.state() }),
      report: options.report,
      signal: options.signal,
    });
    const { iter } = trainer;
    trainer.dispose();
    backend.dispose();
    return { best: folder.file('best'), iter, isDone, before: best.before, after: best.loss };
  } finally {
    await folder.close();
  }
}

/** The best weights so far, in the folder's `best`. */
class Best {
  private constructor(
    private readonly folder: RunFolder,
    private readonly model: SequenceModel,
    readonly before: number,
    public loss: number,
  ) {}

  static async open(folder: RunFolder, model: SequenceModel, resume: boolean, measure: () => number): Promise<Best> {
    if (resume) {
      const { before, loss } = (await folder.readJson('best.json')) as { before: number; loss: number };
      return new Best(folder, model, before, loss);
    }
    const before = measure();
    const best = new Best(folder, model, before, Infinity);
    await best.offer(before, 0);
    return best;
  }

  async offer(loss: number, iter: number): Promise<number> {
    if (loss < this.loss) {
      this.loss = loss;
      await this.folder.saveBest(this.model, {}, iter);
      await this.folder.writeJson('best.json', { before: this.before, loss, iter });
    }
    return loss;
  }
}

/** Series that are long enough to learn from without their end. */
function usableSeries(series: readonly Float64Array[], horizon: number): Float64Array[] {
  const least = horizon + 2 * PATCH;
  const usable = series.filter((values) => values.length >= least && !isConstant(values.subarray(0, -horizon)));
  if (usable.length > 0) return usable;
  throw new UsageError(
    'finetune',
    `none of ${series.length} series has ${least} values that are not all one (the horizon ${horizon} and two patches of ${PATCH}). ` +
      'Give longer series, or forecast them without finetuning.',
  );
}

function isConstant(values: Float64Array): boolean {
  const first = values.find((x) => !Number.isNaN(x));
  return values.every((x) => Number.isNaN(x) || x === first);
}

/** At most `count` of a list, evenly from all of it. */
const spread = <T>(items: readonly T[], count: number): T[] =>
  items.length <= count
    ? [...items]
    : Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]);

/** A piece of one of the series, long ones more often, never its end. */
function ownSeries(series: readonly Float64Array[], horizon: number, season?: readonly number[]): SeriesSource {
  const lengths = series.map(({ length }) => length - horizon);
  const total = lengths.reduce((sum, n) => sum + n, 0);
  return (random, length) => {
    let at = random.uniform() * total;
    let i = 0;
    while (i < series.length - 1 && at >= lengths[i]) at -= lengths[i++];
    const n = Math.min(length, lengths[i]);
    const begin = random.int(lengths[i] - n + 1);
    return { values: series[i].subarray(begin, begin + n), given: season };
  };
}

/** Batches of one's own series and of synthetic ones. */
const lessonsOf =
  (source: SeriesSource, seed: number, synthetic: number) =>
  async (index: number): Promise<LessonSteps> => {
    const random = new Random(seed).fork(`lesson ${index}`);
    return random.uniform() < synthetic ? drawLesson(random, BUDGET) : drawLesson(random, BUDGET, source);
  };
