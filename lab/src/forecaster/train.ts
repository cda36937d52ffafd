/**
 * The run that makes the forecaster: synthetic series alone, resumable, a running mean of the weights.
 *
 *   npm run train:forecaster -- --out runs/forecaster --iters 30000
 *
 * Weights, moments and log lie in the folder as those of every run do. What is shipped is the mean over the
 * last thousands of updates (Polyak & Juditsky 1992): `average.safetensors`.
 */
import { encodeSafetensors, openTensorFile, writeAtomic } from '@mamba-ts/core/formats';
import { createSequenceModel, loadSequenceModel, type SequenceModel } from '@mamba-ts/core/models';
import { Random } from '@mamba-ts/core/random';
import { openBackend } from '@mamba-ts/core/tensor';
import { RunFolder, Trainer, type TrainerOptions } from '@mamba-ts/core/train';
import {
  drawLesson,
  type Line,
  lessonsFromThread,
  lessonTask,
  meanLoss,
  runSession,
} from '@mamba-ts/forecast/finetune';
import { NETWORK_SHAPE } from '@mamba-ts/forecast/model';

export interface ForecasterRun {
  out: string;
  /** The family and its sizes. */
  config: Readonly<Record<string, unknown>>;
  /** Steps of a batch, about. */
  budget: number;
  options: Partial<TrainerOptions> & { seed: number; maxIters: number };
  evalEvery: number;
  saveEvery: number;
  threads?: number;
  /** Stop after so many seconds, without changing the schedule. */
  seconds?: number;
  report?(line: Line): void;
  signal?: AbortSignal;
}

const AVERAGE = 'average.safetensors';
/** The mean is taken every so many updates, and the past weighs so much each time. */
const [EVERY, PAST] = [10, 0.995];
const VALIDATION = 32;

export async function trainForecaster(run: ForecasterRun): Promise<{ iter: number; isDone: boolean }> {
  const folder = await RunFolder.open(run.out);
  const backend = await openBackend('auto', { threads: run.threads });
  const isResumed = await folder.holdsRun();
  const { seed, maxIters } = run.options;
  const model = isResumed
    ? await loadSequenceModel(run.out, { backend })
    : await createSequenceModel({ ...run.config, ...NETWORK_SHAPE }, { backend, seed });
  const lessons = lessonsFromThread(seed, run.budget);
  const trainer = new Trainer(model, lessonTask(model, lessons.source), run.options);
  const mean = isResumed ? await readMean(folder) : valuesOf(model);
  if (isResumed) await folder.restore(trainer);
  else await folder.begin(model, {});
  const validation = Array.from({ length: VALIDATION }, (_, i) =>
    drawLesson(new Random(seed).fork(`validation ${i}`), run.budget),
  );
  const isDone = await runSession({
    ...run,
    folder,
    trainer,
    maxIters,
    logEvery: 50,
    async stepped({ iter }) {
      if (iter % EVERY === 0) average(model, mean, Math.min(PAST, iter / (iter + 10 * EVERY)));
    },
    async evaluate() {
      const last = meanLoss(model, validation);
      const values = valuesOf(model);
      write(model, mean);
      const averaged = meanLoss(model, validation);
      write(model, values);
      return { validation: last, averaged };
    },
    async save() {
      await folder.save(trainer, { trainer: trainer.state() });
      await writeMean(folder, model, mean, trainer.iter);
    },
  });
  await folder.close();
  await lessons.close();
  const { iter } = trainer;
  trainer.dispose();
  return { iter, isDone };
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
