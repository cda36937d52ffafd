/**
 * A training run in a folder: data in, steps, evaluations, checkpoints, a log; stopped and resumed
 * at will. What it shows goes through a reporter, so that the command line and tests share it.
 */
import { UsageError } from '../errors.ts';
import type { LanguageModel } from '../models/languageModel.ts';
import type { Model } from '../models/model.ts';
import type { SequenceModel } from '../models/sequenceModel.ts';
import { openBackend } from '../tensor/backend.ts';
import type { Tokenizer } from '../tokenize/index.ts';
import type { Evaluation } from './evaluate.ts';
import type { SequenceEvaluation } from './evaluateSequence.ts';
import { languageRun } from './languageRun.ts';
import { checkLength, checkMemory } from './memory.ts';
import { mergeLayers, type RunConfig, runConfig, trainFields } from './options.ts';
import type { Prepared, RunSetup } from './prepared.ts';
import { type Progress, RunFolder } from './runFolder.ts';
import { progress } from './schedule.ts';
import { sequenceRun } from './sequenceRun.ts';
import { type StepReport, Trainer } from './trainer.ts';

export interface RunRequest {
  /** Option layers, later ones over earlier ones: the config file, then the flags. */
  layers: readonly Readonly<Record<string, unknown>>[];
  preset?: string;
  resume?: boolean;
  /** Stop after this many updates, without changing the schedule. */
  stopAt?: number;
  signal?: AbortSignal;
  reporter?: Reporter;
}

export interface Reporter {
  /** Before the first step. */
  start?(run: RunStart): void;
  step?(report: StepReport & { done: number; tokensPerSecond: number; seconds: number }): void;
  evaluated?(evaluation: (Evaluation | SequenceEvaluation) & { iter: number; best: boolean }): void;
  saved?(path: string): void;
}

export interface RunStart {
  config: RunConfig;
  model: Model;
  /** Tokens or examples. */
  trainTokens: number;
  validationTokens: number;
  unit: 'tokens' | 'examples';
  /** Of a row of a batch. */
  steps: number;
  resumedAt?: number;
}

interface Finished<M, E> {
  out: string;
  model: M;
  iter: number;
  seconds: number;
  evaluation: E;
  /** Whether there is more to train: it was told to stop. */
  stopped: boolean;
}

export type LanguageResult = Finished<LanguageModel, Evaluation> & { task: 'language'; tokenizer: Tokenizer };
export type SequenceResult = Finished<SequenceModel, SequenceEvaluation> & { task: 'classify' | 'regress' };
export type RunResult = LanguageResult | SequenceResult;

/** The result of a run whose task is known. */
export function languageResult(result: RunResult): LanguageResult {
  if (result.task === 'language') return result;
  throw new UsageError('train', `the task of ${result.out} is '${result.task}', expected 'language'.`);
}

export async function train(request: RunRequest): Promise<RunResult> {
  const given = runLayers(request);
  const folder = await RunFolder.open(String(given.out ?? ''));
  try {
    return await trainIn(folder, request, given);
  } finally {
    await folder.close();
  }
}

async function trainIn(folder: RunFolder, request: RunRequest, given: Record<string, unknown>): Promise<RunResult> {
  const { resume = false } = request;
  if (!resume && (await folder.holdsRun())) {
    throw new UsageError(
      'train',
      `${folder.path} holds a run already. Go on with it by --resume, or choose another --out.`,
    );
  }
  const config = resume
    ? await resumedConfig(folder, given, request.preset)
    : runConfig(request.layers, request.preset);
  let { options } = config;
  if (request.stopAt !== undefined && !(Number.isInteger(request.stopAt) && request.stopAt >= 1)) {
    throw new UsageError('train', `stopAt is ${request.stopAt}, expected a whole number ≥ 1.`);
  }
  if (options.data === '-' && options.task === 'language')
    options = { ...options, data: await folder.keepStandardInput() };
  const setup: RunSetup = { folder, config, options, resume };
  const { task } = options;
  if (task !== 'language') return { task, ...(await follow(setup, request, await sequenceRun(setup))) };
  const prepared = await languageRun(setup);
  return { task, tokenizer: prepared.tokenizer, ...(await follow(setup, request, prepared)) };
}

/** From data and a config to the end of this session. */
async function follow<M extends Model, E extends { loss: number }>(
  { folder, config, options, resume }: RunSetup,
  request: RunRequest,
  prepared: Prepared<M, E>,
): Promise<Finished<M, E>> {
  const backend = await openBackend(options.backend, { threads: options.threads });
  checkLength(prepared.declare(), prepared.longest);
  checkMemory(prepared.declare(), backend, options.batchSize, prepared.steps);
  const model = resume ? await prepared.load(folder.path, backend) : await prepared.create(backend, options.seed);
  requireConfig(model, prepared.declare(), folder);
  const trainer = new Trainer(model, prepared.data, options);
  const before: Progress | undefined = resume ? await restore(folder, trainer) : undefined;
  if (!resume) {
    const { preset } = request;
    await folder.writeJson('train.json', { ...(preset && { preset }), ...options, ...config.modelKeys });
    await folder.begin(model, prepared.files);
    // From here on there is a checkpoint, whenever the process is killed.
    await folder.save(trainer, { trainer: trainer.state() });
  }
  const { steps, sizes } = prepared;
  request.reporter?.start?.({ config, model, ...sizes, steps, resumedAt: before?.trainer.iter });
  const session = new Session(folder, request, config, trainer, prepared, before?.bestLoss);
  const result = await session.run();
  trainer.dispose();
  await prepared.close();
  return result;
}

/** The loop of one session of a run. */
class Session<M extends Model, E extends { loss: number }> {
  private evaluation?: E;
  private evaluatedAt = -1;
  private savedAt = -1;

  constructor(
    private readonly folder: RunFolder,
    private readonly request: RunRequest,
    private readonly config: RunConfig,
    private readonly trainer: Trainer<M>,
    private readonly prepared: Prepared<M, E>,
    private bestLoss = Infinity,
  ) {}

  async run(): Promise<Finished<M, E>> {
    const { trainer, request, folder } = this;
    const { options } = this.config;
    const stopAt = Math.min(request.stopAt ?? Infinity, options.maxIters);
    const isOver = () => trainer.iter >= stopAt || progress(options, trainer.iter, trainer.seconds) >= 1;
    while (!isOver() && !request.signal?.aborted) {
      const seconds = trainer.seconds;
      const report = await trainer.step();
      await this.reportStep(report, trainer.seconds - seconds);
      if (report.iter % options.evalEvery === 0) await this.evaluate(options.evalBatches);
      if (report.iter % options.saveEvery === 0) await this.save();
      // Signals and timers get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.evaluatedAt !== trainer.iter) await this.evaluate(options.evalBatches);
    if (this.savedAt !== trainer.iter) await this.save();
    return {
      out: folder.path,
      model: trainer.model,
      iter: trainer.iter,
      seconds: trainer.seconds,
      evaluation: this.evaluation as E,
      stopped: progress(options, trainer.iter, trainer.seconds) < 1,
    };
  }

  private async reportStep(report: StepReport, spent: number): Promise<void> {
    const { trainer, request, folder } = this;
    const { options } = this.config;
    const done = progress(options, report.iter, trainer.seconds);
    const full = { ...report, done, tokensPerSecond: report.tokens / spent, seconds: trainer.seconds };
    request.reporter?.step?.(full);
    if (report.iter % options.logEvery === 0 || report.iter === 1) await folder.log({ kind: 'step', ...full });
  }

  private async evaluate(batches: number): Promise<void> {
    const { trainer, folder, prepared } = this;
    const evaluation = await prepared.evaluate(trainer.model, batches);
    this.evaluation = evaluation;
    this.evaluatedAt = trainer.iter;
    const best = evaluation.loss < this.bestLoss;
    if (best) {
      this.bestLoss = evaluation.loss;
      await folder.saveBest(trainer.model, prepared.files, trainer.iter);
    }
    await folder.log({ kind: 'evaluation', iter: trainer.iter, ...evaluation, best });
    const report = { ...evaluation, iter: trainer.iter, best } as unknown as Parameters<
      NonNullable<Reporter['evaluated']>
    >[0];
    this.request.reporter?.evaluated?.(report);
  }

  private async save(): Promise<void> {
    const { trainer, folder, bestLoss } = this;
    const carried = trainer.carried && Buffer.from(await trainer.carried.save()).toString('base64');
    await folder.save(trainer, {
      trainer: trainer.state(),
      ...(Number.isFinite(bestLoss) && { bestLoss }),
      ...(carried && { carried }),
    });
    this.savedAt = trainer.iter;
    this.request.reporter?.saved?.(folder.path);
  }
}

async function restore<M extends Model>(folder: RunFolder, trainer: Trainer<M>): Promise<Progress> {
  const saved = await folder.restore(trainer);
  if (saved.carried) trainer.carried = await trainer.model.loadState(Buffer.from(saved.carried, 'base64'));
  return saved;
}

function runLayers({ layers }: RunRequest): Record<string, unknown> {
  const merged = mergeLayers(layers);
  if (typeof merged.out !== 'string' || merged.out === '') {
    throw new UsageError('train', 'out is missing, expected the folder of the run, e.g. --out runs/play.');
  }
  return merged;
}

/** The config of a run that is resumed: what it was, save what may change without changing the result. */
async function resumedConfig(
  folder: RunFolder,
  given: Record<string, unknown>,
  presetNow: string | undefined,
): Promise<RunConfig> {
  const { preset, ...saved } = (await folder.readJson('train.json')) as Record<string, unknown>;
  if (presetNow !== undefined && presetNow !== preset) throw otherConfig(folder, 'preset', preset, presetNow);
  const free: Record<string, unknown> = {};
  const all = runConfig([saved, given]);
  const asked = { ...all.options, ...all.modelKeys } as Record<string, unknown>;
  for (const key of Object.keys(given)) {
    const one = (trainFields as Record<string, { free?: boolean } | undefined>)[key];
    if (one?.free) free[key] = given[key];
    else if (JSON.stringify(asked[key]) !== JSON.stringify(saved[key])) {
      throw otherConfig(folder, key, saved[key], asked[key]);
    }
  }
  return runConfig([saved, free]);
}

function otherConfig(folder: RunFolder, key: string, was: unknown, is: unknown): Error {
  return new UsageError(
    'train',
    `${key} was ${JSON.stringify(was) ?? 'not given'} in ${folder.path} and is ${JSON.stringify(is)} now. ` +
      `A resumed run keeps its config: leave ${key} out, or start a new run.`,
  );
}

/** A config's value as its JSON: lists are compared by what they hold. */
const show = (value: unknown) => JSON.stringify(value);

/** The model that was loaded is the one that train.json and the data describe. */
function requireConfig({ config }: Model, { config: expected }: Model, folder: RunFolder): void {
  const key = Object.keys(expected).find((one) => show(config[one]) !== show(expected[one]));
  if (key === undefined) return;
  throw new UsageError(
    'train',
    `${key} is ${show(config[key])} in ${folder.file('config.json')}, expected ${show(expected[key])} after train.json and tokenizer.json. ` +
      'One of the three was changed: put it back, or start a new run.',
  );
}
