/**
 * A training run in a folder: reads data, trains, evaluates, saves checkpoints and a log; can be stopped and resumed.
 * A reporter receives what happens, so the command line and tests share this file.
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
import { isFinished, type StepEvent, training } from './loop.ts';
import { checkLength, checkMemory } from './memory.ts';
import { mergeLayers, type RunConfig, runConfig } from './options.ts';
import type { Prepared, RunSetup } from './prepared.ts';
import { resumedConfig } from './resumedConfig.ts';
import { RunFolder } from './runFolder.ts';
import { configDifference } from './runRecord.ts';
import { sequenceRun } from './sequenceRun.ts';
import { Trainer } from './trainer.ts';
import { trainerOptionsIn } from './trainerOptions.ts';

export interface RunRequest {
  /** Options, later layers over earlier ones: the config file, then the flags. */
  layers: readonly Readonly<Record<string, unknown>>[];
  preset?: string;
  /** Continues the run in the folder `out`. Default: false. */
  resume?: boolean;
  /** Stops after this many updates, without changing the schedule. */
  stopAt?: number;
  /** Stops after the current update and saves. */
  signal?: AbortSignal;
  reporter?: Reporter;
}

export interface Reporter {
  /** Before the first step. */
  start?(run: RunStart): void;
  step?(step: StepEvent): void;
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

interface SessionResult<M, E> {
  out: string;
  model: M;
  iter: number;
  seconds: number;
  evaluation: E;
  /** Whether the session was stopped before the end of the run. */
  stopped: boolean;
}

export type LanguageResult = SessionResult<LanguageModel, Evaluation> & { task: 'language'; tokenizer: Tokenizer };
export type SequenceResult = SessionResult<SequenceModel, SequenceEvaluation> & { task: 'classify' | 'regress' };
export type RunResult = LanguageResult | SequenceResult;

/** The result of a run of a language model. Throws UsageError for one of another task. */
export function languageResult(result: RunResult): LanguageResult {
  if (result.task === 'language') return result;
  throw new UsageError('train', `the task of ${result.out} is '${result.task}', expected 'language'.`);
}

/**
 * Trains until the run is finished or stopped. The caller disposes the model's backend.
 * Throws UsageError for wrong options, data that cannot be read, and a folder that cannot be used.
 */
export async function train(request: RunRequest): Promise<RunResult> {
  const given = mergeLayers(request.layers);
  if (typeof given.out !== 'string' || given.out === '') {
    throw new UsageError('train', 'out is missing, expected the folder of the run, e.g. --out runs/play.');
  }
  const { stopAt } = request;
  if (stopAt !== undefined && !(Number.isInteger(stopAt) && stopAt >= 1)) {
    throw new UsageError('train', `stopAt is ${stopAt}, expected a whole number ≥ 1.`);
  }
  const folder = await RunFolder.open(given.out);
  try {
    return await trainIn(folder, request, given);
  } finally {
    await folder.close();
  }
}

async function trainIn(folder: RunFolder, request: RunRequest, given: Record<string, unknown>): Promise<RunResult> {
  const { resume = false, preset, layers } = request;
  if (!resume && (await folder.holdsRun())) {
    throw new UsageError(
      'train',
      `${folder.path} holds a run already. Continue it with --resume, or choose another --out.`,
    );
  }
  const config = resume ? await resumedConfig(folder, given, preset) : runConfig(layers, preset);
  const { task, data } = config.options;
  const isPiped = data === '-' && task === 'language';
  const options = isPiped ? { ...config.options, data: await folder.keepStandardInput() } : config.options;
  const setup: RunSetup = { folder, config, options, resume };
  if (task !== 'language') return { task, ...(await runSession(setup, request, await sequenceRun(setup))) };
  const prepared = await languageRun(setup);
  return { task, tokenizer: prepared.tokenizer, ...(await runSession(setup, request, prepared)) };
}

/** From prepared data to the end of this session. */
async function runSession<M extends Model, E extends Evaluation | SequenceEvaluation>(
  { folder, config, options, resume }: RunSetup,
  { preset, reporter, stopAt, signal }: RunRequest,
  prepared: Prepared<M, E>,
): Promise<SessionResult<M, E>> {
  const { steps, sizes, files } = prepared;
  const backend = await openBackend(options.backend, { threads: options.threads, compiles: true });
  checkLength(prepared.declare(), prepared.longest);
  checkMemory(prepared.declare(), backend, options.batchSize, steps);
  const model = resume ? await prepared.load(folder.path, backend) : await prepared.create(backend, options.seed);
  requireDeclared(model, prepared.declare(), folder);
  const trainer = new Trainer(model, prepared.data, trainerOptionsIn(options));
  try {
    const { bestLoss } = resume ? await folder.restore(trainer) : {};
    if (!resume) {
      await folder.writeJson('train.json', { ...(preset && { preset }), ...options, ...config.modelKeys });
      await folder.begin(model, files);
      // From here on there is a checkpoint, whenever the process is killed.
      await folder.save(trainer);
    }
    reporter?.start?.({ config, model, ...sizes, steps, resumedAt: resume ? trainer.iter : undefined });
    let evaluation: E | undefined;
    const plan = {
      folder,
      evaluate: () => prepared.evaluate(model, options.evalBatches),
      evaluateEvery: options.evalEvery,
      evaluateAtStop: true,
      best: { loss: bestLoss, files },
      saveEvery: options.saveEvery,
      logEvery: options.logEvery,
      stopAt,
      signal,
    };
    for await (const event of training(trainer, plan)) {
      if (event.kind === 'step') reporter?.step?.(event);
      if (event.kind === 'saved') reporter?.saved?.(folder.path);
      if (event.kind !== 'evaluation') continue;
      evaluation = event.evaluation;
      reporter?.evaluated?.({ ...evaluation, iter: event.iter, best: event.best });
    }
    const { iter, seconds } = trainer;
    return { out: folder.path, model, iter, seconds, evaluation: evaluation as E, stopped: !isFinished(trainer) };
  } finally {
    trainer.dispose();
    await prepared.close();
  }
}

/** Throws UsageError unless the loaded model is the one that train.json and the data describe. */
function requireDeclared(model: Model, declared: Model, folder: RunFolder): void {
  const difference = configDifference(model, declared);
  if (!difference) return;
  const { key, found, expected } = difference;
  throw new UsageError(
    'train',
    `${key} is ${found} in ${folder.file('config.json')}, expected ${expected} after train.json and tokenizer.json. ` +
      'One of the three files was changed: restore it, or start a new run.',
  );
}
