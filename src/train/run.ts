/**
 * A training run in a folder: data in, steps, evaluations, checkpoints, a log; stopped and resumed
 * at will. What it shows goes through a reporter, so that the command line and tests share it.
 */
import { charTokenizerOf, prepareTokens, split, type TokenStore, textSource } from '../data/index.ts';
import { createModel, loadModel } from '../models/checkpoint.ts';
import type { ModelConfig } from '../models/config.ts';
import { LanguageModel } from '../models/languageModel.ts';
import { readJsonFile } from '../formats/jsonFile.ts';
import { openBackend } from '../tensor/backend.ts';
import { byteTokenizer, dnaTokenizer, loadTokenizer, type Tokenizer } from '../tokenize/index.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { checkMemory } from './memory.ts';
import { mergeLayers, modelConfigOf, type RunConfig, runConfig, trainFields } from './options.ts';
import { type Progress, RunFolder } from './runFolder.ts';
import { progress } from './schedule.ts';
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
  evaluated?(evaluation: Evaluation & { iter: number; best: boolean }): void;
  saved?(path: string): void;
}

export interface RunStart {
  config: RunConfig;
  model: LanguageModel;
  trainTokens: number;
  validationTokens: number;
  resumedAt?: number;
}

export interface RunResult {
  out: string;
  model: LanguageModel;
  tokenizer: Tokenizer;
  iter: number;
  seconds: number;
  evaluation: Evaluation;
  /** Whether there is more to train: it was told to stop. */
  stopped: boolean;
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
  const { resume = false, reporter = {} } = request;
  if (!resume && (await folder.holdsRun())) {
    throw new Error(`train: ${folder.path} holds a run already. Go on with it by --resume, or choose another --out.`);
  }
  const config = resume
    ? await resumedConfig(folder, given, request.preset)
    : runConfig(request.layers, request.preset);
  let { options } = config;
  if (request.stopAt !== undefined && !(Number.isInteger(request.stopAt) && request.stopAt >= 1)) {
    throw new Error(`train: stopAt is ${request.stopAt}, expected a whole number ≥ 1.`);
  }
  if (options.data === '-') options = { ...options, data: await folder.keepStandardInput() };
  const tokenizer = resume ? await loadTokenizer(await folder.readJson('tokenizer.json')) : await tokenizerFor(options);
  if (options.reverseComplement && tokenizer.kind !== 'dna') {
    throw new Error(
      `train: reverseComplement with a ${tokenizer.kind} tokenizer, expected dna, whose tokens are bases. ` +
        'Leave it out, or train with --tokenizer dna.',
    );
  }
  const store = await prepareTokens(options.data, tokenizer, {
    cacheFolder: folder.file('data'),
    field: options.textField,
  });
  const { train: trainData, validation } = split(store, options.validationFraction, options.blockSize);
  const modelConfig = modelConfigOf(config, tokenizer.vocabSize);
  const backend = await openBackend(options.backend, { threads: options.threads });
  checkMemory(new LanguageModel(modelConfig), backend, options.batchSize, options.blockSize);
  const model = resume
    ? await loadModel(folder.path, { backend })
    : await createModel(modelConfig, { backend, seed: options.seed });
  requireConfig(model, modelConfig, folder);
  const trainer = new Trainer(model, trainData, options);
  const before: Progress | undefined = resume ? await restore(folder, trainer) : undefined;
  if (!resume) {
    const { preset } = request;
    await folder.writeJson('train.json', { ...(preset && { preset }), ...options, ...config.modelKeys });
    await folder.begin(model, tokenizer);
    // From here on there is a checkpoint, whenever the process is killed.
    await folder.save(trainer, { trainer: trainer.state() });
  }
  reporter.start?.({
    config,
    model,
    trainTokens: trainData.length,
    validationTokens: validation.length,
    resumedAt: before?.trainer.iter,
  });
  const session = new Session(folder, request, config, trainer, tokenizer, validation, before?.bestLoss);
  const result = await session.run();
  trainer.dispose();
  await store.close();
  return result;
}

/** The loop of one session of a run. */
class Session {
  private evaluation?: Evaluation;
  private evaluatedAt = -1;
  private savedAt = -1;

  constructor(
    private readonly folder: RunFolder,
    private readonly request: RunRequest,
    private readonly config: RunConfig,
    private readonly trainer: Trainer,
    private readonly tokenizer: Tokenizer,
    private readonly validation: TokenStore,
    private bestLoss = Infinity,
  ) {}

  async run(): Promise<RunResult> {
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
      tokenizer: this.tokenizer,
      iter: trainer.iter,
      seconds: trainer.seconds,
      evaluation: this.evaluation as Evaluation,
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
    const { trainer, folder } = this;
    const { batchSize, blockSize } = this.config.options;
    const evaluation = await evaluate(trainer.model, this.validation, this.tokenizer, {
      batchSize,
      blockSize,
      batches,
    });
    this.evaluation = evaluation;
    this.evaluatedAt = trainer.iter;
    const best = evaluation.loss < this.bestLoss;
    if (best) {
      this.bestLoss = evaluation.loss;
      await folder.saveBest(trainer.model, this.tokenizer, trainer.iter);
    }
    await folder.log({ kind: 'evaluation', iter: trainer.iter, ...evaluation, best });
    this.request.reporter?.evaluated?.({ ...evaluation, iter: trainer.iter, best });
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

async function restore(folder: RunFolder, trainer: Trainer): Promise<Progress> {
  const saved = await folder.restore(trainer);
  if (saved.carried) trainer.carried = await trainer.model.loadState(Buffer.from(saved.carried, 'base64'));
  return saved;
}

function runLayers({ layers }: RunRequest): Record<string, unknown> {
  const merged = mergeLayers(layers);
  if (typeof merged.out !== 'string' || merged.out === '') {
    throw new Error('train: out is missing, expected the folder of the run, e.g. --out runs/play.');
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
  return new Error(
    `train: ${key} was ${JSON.stringify(was) ?? 'not given'} in ${folder.path} and is ${JSON.stringify(is)} now. ` +
      `A resumed run keeps its config: leave ${key} out, or start a new run.`,
  );
}

/** A config's value as its JSON: lists are compared by what they hold. */
const show = (value: unknown) => JSON.stringify(value);

/** The model that was loaded is the one that train.json and tokenizer.json describe. */
function requireConfig({ config }: LanguageModel, expected: ModelConfig, folder: RunFolder): void {
  const key = Object.keys(expected).find((one) => show(config[one]) !== show(expected[one]));
  if (key === undefined) return;
  throw new Error(
    `train: ${key} is ${show(config[key])} in ${folder.file('config.json')}, expected ${show(expected[key])} after train.json and tokenizer.json. ` +
      'One of the three was changed: put it back, or start a new run.',
  );
}

async function tokenizerFor({ tokenizer, data, textField }: RunConfig['options']): Promise<Tokenizer> {
  if (tokenizer === 'byte') return byteTokenizer();
  if (tokenizer === 'char') return charTokenizerOf(textSource(data, { field: textField }));
  if (tokenizer === 'dna') return dnaTokenizer();
  const advice = "Give 'byte', 'char', 'dna' or the path of a tokenizer.json.";
  return loadTokenizer(await readJsonFile(tokenizer, advice));
}
