/** The measurements: reading, training, generating, and a stream that only Mamba reads. */

import type { State } from '@mamba-ts/core/layers';
import type { LanguageModel } from '@mamba-ts/core/models';
import { AdamW, type Backend, scope, valueAndGrad } from '@mamba-ts/core/tensor';
import type { RunContext } from '../../experiment.ts';
import { doublings } from '../../parts/doublings.ts';
import { type Clock, inTurns, pause, processClock, wallClock } from '../../parts/timing.ts';
import {
  type Curve,
  type Measures,
  modelOf,
  type ScalingSettings,
  type Side,
  sides,
  tokensOf,
} from './scalingModels.ts';

type Pair<T> = Record<Side, T>;
/** One thing to time at one length; `state`: bytes of the state after it. */
interface Job {
  run(): void;
  state(): number;
  end?(): void;
}

const reading = (settings: ScalingSettings, context: RunContext) =>
  compare(settings, context, (model, length) => {
    const tokens = tokensOf(length);
    const read = () => model.forward({ tokens, B: 1, L: length }, { logits: 'last' }).state.bytes;
    let state = 0;
    return {
      run: () => {
        state = scope(read);
      },
      state: () => state,
    };
  });

/** Forward, backward and AdamW over one sequence. */
async function training(settings: ScalingSettings, context: RunContext): Promise<Measures> {
  const optimizers = new Map<LanguageModel, AdamW>();
  const optimizerOf = (model: LanguageModel) => {
    const known = optimizers.get(model);
    if (known) return known;
    const made = new AdamW(model.tree.list(), { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 });
    optimizers.set(model, made);
    return made;
  };
  try {
    return await compare(settings, context, (model, length) => {
      const tokens = tokensOf(length + 1);
      const batch = { tokens: tokens.slice(0, length), B: 1, L: length };
      const targets = tokens.slice(1);
      const optimizer = optimizerOf(model);
      const step = () => {
        const { grads } = valueAndGrad(() => model.loss(batch, targets), model.parameters);
        optimizer.step(grads, 1e-4);
      };
      return { run: () => scope(step), state: () => 0 };
    });
  } finally {
    for (const optimizer of optimizers.values()) optimizer.dispose();
  }
}

/** Seconds for one token, after `length` tokens were read. */
async function generating(settings: ScalingSettings, context: RunContext): Promise<Measures> {
  const warm = new Set<LanguageModel>();
  const jobOf = (model: LanguageModel, length: number): Job => {
    if (!warm.has(model)) warmUp(model, settings.shortest);
    warm.add(model);
    const reader = new Reader(model);
    const tokens = tokensOf(length);
    for (let at = 0; at < length; at += settings.piece) reader.read(tokens.slice(at, at + settings.piece));
    const state = reader.bytes;
    return { run: () => reader.write(settings.generated), state: () => state, end: () => reader.dispose() };
  };
  // Not repeated: each turn makes the context longer.
  const measures = await compare(settings, context, jobOf, 0);
  for (const curve of Object.values(measures.curves)) {
    curve.seconds = curve.seconds.map((seconds) => seconds / settings.generated);
  }
  return measures;
}

/** Writes until the JavaScript of a token is compiled. */
function warmUp(model: LanguageModel, tokens: number): void {
  const reader = new Reader(model);
  reader.write(tokens);
  reader.dispose();
}

/** Both models at each length, in turns; a turn repeats what takes less than `turnSeconds`. */
async function compare(
  settings: ScalingSettings,
  context: RunContext,
  jobOf: (model: LanguageModel, length: number) => Job,
  turnSeconds?: number,
): Promise<Measures> {
  const lengths = doublings(settings.shortest, settings.longest);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const [clock, ofProcess] = clockOf(context.backend);
  const curves: Pair<Curve> = { mamba: emptyCurve(), transformer: emptyCurve() };
  const models = { mamba: await modelOf(settings, 'mamba', context.backend) } as Pair<LanguageModel>;
  models.transformer = await modelOf(settings, 'transformer', context.backend);
  let done = 0;
  for (const length of lengths) {
    const jobs: Job[] = [];
    const peaks: number[] = [];
    for (const side of sides) {
      await pause(context.signal);
      const job = jobOf(models[side], length);
      jobs.push(job);
      peaks.push(peakOf(context.backend, job.run));
    }
    const seconds = await inTurns(
      jobs.map(({ run }) => run),
      { clock, rounds: settings.rounds, seconds: turnSeconds, signal: context.signal },
    );
    sides.forEach((side, i) => {
      curves[side].seconds.push(seconds[i]);
      curves[side].peak.push(peaks[i]);
      curves[side].state.push(jobs[i].state());
      jobs[i].end?.();
    });
    done += length;
    context.progress(done / total, `${length} tokens`);
  }
  const parameters = { mamba: models.mamba.tree.count(), transformer: models.transformer.tree.count() };
  return { lengths, ofProcess, parameters, curves };
}

/** Mamba alone, in pieces: seconds are those since the start. */
async function stream(settings: ScalingSettings, context: RunContext): Promise<Measures> {
  const model = await modelOf(settings, 'mamba', context.backend);
  const { piece } = settings;
  const [clock, ofProcess] = clockOf(context.backend);
  const lengths = doublings(piece, settings.stream);
  const curve = emptyCurve();
  const tokens = tokensOf(piece);
  const warm = new Reader(model);
  warm.read(tokens);
  warm.dispose();
  const reader = new Reader(model);
  const { heap } = context.backend;
  const before = heap.used;
  heap.peak = before;
  let seconds = 0;
  for (let read = piece; read <= settings.stream; read += piece) {
    await pause(context.signal);
    const begun = clock();
    reader.read(tokens);
    seconds += clock() - begun;
    if (lengths.includes(read)) {
      curve.seconds.push(seconds);
      curve.peak.push(heap.peak - before);
      curve.state.push(reader.bytes);
    }
    context.progress(read / settings.stream, `${read} tokens`);
  }
  reader.dispose();
  return { lengths, ofProcess, parameters: { mamba: model.tree.count() }, curves: { mamba: curve } };
}

interface MeasurementKind {
  label: string;
  work: number;
  measure(settings: ScalingSettings, context: RunContext): Promise<Measures>;
}

export const measurements = {
  reading: { label: 'reading', work: 2, measure: reading },
  training: { label: 'training', work: 5, measure: training },
  generating: { label: 'generating', work: 1, measure: generating },
  stream: { label: 'a stream', work: 2, measure: stream },
} satisfies Record<string, MeasurementKind>;
export type Measurement = keyof typeof measurements;

/** One thread is timed by the CPU time of the process, which other programs hardly disturb; several by wall clock. */
const clockOf = ({ device }: Backend): [Clock, boolean] =>
  device.threads === 1 ? [processClock, true] : [wallClock, false];

const emptyCurve = (): Curve => ({ seconds: [], peak: [], state: [] });

/** The most bytes in use while `run` runs, in addition to those in use before. */
function peakOf({ heap }: Backend, run: () => void): number {
  const before = heap.used;
  heap.peak = before;
  run();
  return heap.peak - before;
}

/** Reads from the state so far, and writes the likeliest tokens. */
class Reader {
  private state?: State;
  private next = 0;

  constructor(private readonly model: LanguageModel) {}

  get bytes(): number {
    return this.state?.bytes ?? 0;
  }

  read(tokens: Int32Array): void {
    const input = { tokens, B: 1, L: tokens.length };
    const { logits, state } = this.model.forward(input, { state: this.state, logits: 'last' });
    this.state?.dispose();
    this.state = state.keep();
    const values = logits.read();
    logits.dispose();
    this.next = values.indexOf(Math.max(...values));
  }

  write(count: number): void {
    for (let i = 0; i < count; i++) this.read(Int32Array.of(this.next));
  }

  dispose(): void {
    this.state?.dispose();
  }
}
