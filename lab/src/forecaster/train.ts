/**
 * The run that trains the forecaster from scratch, on synthetic series alone; can be stopped and resumed.
 *
 *   node lab/scripts/trainForecaster.mjs --out runs/forecaster --iters 30000
 *
 * The folder holds weights, moments and log as those of every run do, and `average.safetensors`: the running mean of
 * the weights over the last thousands of updates (Polyak & Juditsky 1992), which is published.
 */
import { encodeSafetensors, openTensorFile, writeAtomic } from '@mamba-ts/core/formats';
import { createSequenceModel, loadSequenceModel, type SequenceModel, sequenceConfigOf } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import { openBackend } from '@mamba-ts/core/tensor';
import { isFinished, RunFolder, Trainer, type TrainerOptions, training } from '@mamba-ts/core/train';
import {
  batchesFromThread,
  drawBatch,
  forecastTask,
  type Line,
  loadSyntheticSeries,
  meanLoss,
  ProgressLog,
} from '@mamba-ts/forecast/finetune';
import { NETWORK_SHAPE } from '@mamba-ts/forecast/model';

export interface ForecasterRun {
  out: string;
  /** The model family and its sizes. */
  config: Readonly<Record<string, unknown>>;
  /** Steps of a batch, about. */
  budget: number;
  options: Partial<TrainerOptions> & { seed: number };
  evalEvery: number;
  saveEvery: number;
  /** Default: every core. */
  threads?: number;
  /** Stops after this time, without changing the schedule. */
  seconds?: number;
  report?(line: Line): void;
  signal?: AbortSignal;
}

const AVERAGE = 'average.safetensors';
/** Updates between additions to the running mean, and the weight of the past in each. */
const [AVERAGE_EVERY, PAST_WEIGHT] = [10, 0.995];
const VALIDATION_BATCHES = 32;
const LOG_EVERY = 50;

/** Trains until the run is finished or stopped; continues a run that is in the folder. */
export async function trainForecaster(run: ForecasterRun): Promise<{ iter: number; isDone: boolean }> {
  const { out, budget, options, report, signal } = run;
  const folder = await RunFolder.open(out);
  const backend = await openBackend('auto', { threads: run.threads, compiles: true });
  const isResumed = await folder.holdsRun();
  const { seed } = options;
  const model = isResumed
    ? await loadSequenceModel(out, { backend })
    : await createSequenceModel(sequenceConfigOf({ ...run.config, ...NETWORK_SHAPE }), { backend, seed });
  const thread = batchesFromThread(seed, budget);
  const trainer = new Trainer(model, forecastTask(thread.source), options);
  const mean = isResumed ? await readMean(folder) : valuesOf(model);
  if (isResumed) await folder.restore(trainer);
  else await folder.begin(model, {});
  const synthetic = await loadSyntheticSeries();
  const validation = Array.from({ length: VALIDATION_BATCHES }, (_, i) =>
    drawBatch(new Random(seed).fork(`validation ${i}`), budget, synthetic),
  );
  const evaluate = () => {
    const last = meanLoss(model, validation);
    const values = valuesOf(model);
    write(model, mean);
    const averaged = meanLoss(model, validation);
    write(model, values);
    return { validation: last, averaged };
  };
  const log = new ProgressLog(folder, LOG_EVERY, report);
  const plan = {
    folder,
    evaluate,
    evaluateEvery: run.evalEvery,
    saveEvery: run.saveEvery,
    seconds: run.seconds,
    signal,
  };
  for await (const event of training(trainer, plan)) {
    const { iter } = event;
    if (event.kind === 'step') {
      if (iter % AVERAGE_EVERY === 0) average(model, mean, Math.min(PAST_WEIGHT, iter / (iter + 10 * AVERAGE_EVERY)));
      await log.step(event);
    }
    if (event.kind === 'evaluation') await log.evaluation(iter, event.evaluation);
    if (event.kind === 'saved') await writeMean(folder, model, mean, iter);
  }
  await folder.close();
  await thread.close();
  trainer.dispose();
  return { iter: trainer.iter, isDone: isFinished(trainer) };
}

type Weights = Map<string, Float32Array>;

function valuesOf(model: SequenceModel): Weights {
  const values: Weights = new Map();
  for (const [name, tensor] of Object.entries(model.parameters)) values.set(name, Float32Array.from(tensor.read()));
  return values;
}

function write(model: SequenceModel, values: Weights): void {
  for (const [name, tensor] of Object.entries(model.parameters)) tensor.write(values.get(name) as Float32Array);
}

/** mean ← past · mean + (1 − past) · weights */
function average(model: SequenceModel, mean: Weights, past: number): void {
  for (const [name, now] of valuesOf(model)) {
    const before = mean.get(name) as Float32Array;
    for (let i = 0; i < now.length; i++) before[i] += (1 - past) * (now[i] - before[i]);
  }
}

async function writeMean(folder: RunFolder, model: SequenceModel, mean: Weights, iter: number): Promise<void> {
  const tensors = Object.entries(model.parameters).map(([name, { shape }]) => ({
    name,
    shape: [...shape],
    data: mean.get(name) as Float32Array,
  }));
  await writeAtomic(folder.file(AVERAGE), encodeSafetensors(tensors, { format: 'pt', iter: String(iter) }));
}

async function readMean(folder: RunFolder): Promise<Weights> {
  const file = await openTensorFile(folder.file(AVERAGE));
  const mean: Weights = new Map();
  for (const name of file.tensors.keys()) mean.set(name, (await file.read(name)).data);
  await file.close();
  return mean;
}
