/**
 * A claim as an experiment: what the paper says, the settings, what is run one after another, and what is
 * shown of the results.
 *
 *   export const parity = defineExperiment({ name: 'parity', …, full, quick, runs, run, report });
 *
 * Results are plain JSON, so that a stopped experiment goes on and a committed one is drawn again.
 */

import type { Backend } from '@mamba-ts/core/tensor';
import type { Figure } from '@mamba-ts/forecast/chart';

export type Setting = number | string | boolean | readonly number[] | readonly string[];
export type Settings = Readonly<Record<string, Setting>>;

/** One thing to run: a variant with a seed, say. */
export interface Run {
  /** Names its file: letters, digits, '-', '.' and '_'. */
  readonly id: string;
  /** What progress calls it. */
  readonly label: string;
  /** Its share of the time, next to the other runs; 1 by default. */
  readonly work?: number;
}

/** What a run works with. */
export interface RunContext {
  readonly backend: Backend;
  /** A folder of its own, for checkpoints; removed when the run is done. */
  readonly folder: string;
  /** Asks to stop: learn() saves, and ends by throwing Stopped. */
  readonly signal: AbortSignal;
  /** done: 0 to 1. */
  progress(done: number, note?: string): void;
  /** The path of data that the repository brings, such as 'shakespeare.txt'. */
  data(name: string): Promise<string>;
}

/** What the paper reached or this must reach, and what was measured. */
export interface Goal {
  readonly what: string;
  readonly measured: string;
  readonly reached: boolean;
}

export interface Table {
  readonly title?: string;
  /** The first row is the header. */
  readonly rows: readonly (readonly string[])[];
}

export interface Report {
  readonly tables: readonly Table[];
  /** What the numbers say, a sentence each. */
  readonly says: readonly string[];
  readonly goals: readonly Goal[];
  readonly figure: Figure;
  /** More that is written beside the figure: bytes by the name of the file. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

export interface Experiment<S extends Settings = Settings, R = unknown> {
  readonly name: string;
  /** What it shows, in a line. */
  readonly about: string;
  /** What the paper says, and where it does. */
  readonly claim: string;
  /** What is smaller here than there. */
  readonly scale: string;
  /** Where a result differs from the paper: what was tried to explain it. */
  readonly notes?: readonly string[];
  /** A full run, and one of at most a minute that does every step of it. */
  readonly full: S;
  readonly quick: S;
  /** What to run, in order. Throws where settings do not make sense. */
  runs(settings: S): readonly Run[];
  /** Bytes that the largest run needs: said before the start where the machine has less. */
  bytes?(settings: S): number;
  run(run: Run, settings: S, context: RunContext): Promise<R>;
  /** `results` by the ids of the runs, all of them. */
  report(settings: S, results: ReadonlyMap<string, R>): Report;
}

/** Ends a run that was asked to stop; its checkpoint is kept. */
export class Stopped extends Error {
  constructor() {
    super('stopped');
  }
}

/** Experiments differ in their settings and results; whoever conducts them hands on what they gave. */
export const defineExperiment = <S extends Settings, R>(experiment: Experiment<S, R>): Experiment =>
  experiment as unknown as Experiment;
