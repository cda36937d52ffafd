/**
 * One model, many requests: turns.
 *
 * Each turn takes the request that has waited longest, and with it all that ask for the same (horizon, quantiles, …);
 * a turn has at most BATCH series, shared out equally. What is left of a request goes to the end of the queue, so a
 * request of 10,000 series delays one of a single series by a turn, not by all of it. Requests that were given up
 * take no further turn.
 */
import type { BaseOptions, Forecast, SeriesForecaster, SeriesStream, Values } from '@mamba-ts/forecast/types';

/** Series of a turn. */
const BATCH = 64;
/** Milliseconds that a stream runs on by itself. */
const PATIENCE = 20;

interface Job {
  readonly series: readonly Values[];
  readonly options: BaseOptions;
  /** Equal for jobs that one call can answer. */
  readonly key: string;
  readonly answers: Forecast[];
  readonly signal?: AbortSignal;
  readonly finish: (error?: unknown) => void;
}

/** Some series of a job, in a turn. */
interface Share {
  job: Job;
  series: readonly Values[];
}

export class ForecastQueue {
  private jobs: Job[] = [];
  private running = false;

  constructor(readonly forecaster: SeriesForecaster) {}

  /** The model, as one request sees it: its calls take their turns, and reject once `signal` is aborted. */
  forRequest(signal?: AbortSignal): SeriesForecaster {
    const { forecaster } = this;
    const all: SeriesForecaster = {
      name: forecaster.name,
      forecastAll: (series, options) => this.add(series, options, signal),
    };
    if (!forecaster.stream) return all;
    return { ...all, stream: (options) => polite(forecaster.stream!(options), signal) };
  }

  private add(series: readonly Values[], options: BaseOptions, signal?: AbortSignal): Promise<Forecast[]> {
    return new Promise((resolve, reject) => {
      const answers: Forecast[] = [];
      const finish = (error?: unknown) => (error === undefined ? resolve(answers) : reject(error));
      if (series.length === 0) return finish();
      this.jobs.push({ series, options, key: keyOf(options), answers, signal, finish });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.jobs.length > 0) {
      // Requests that came meanwhile are read, and those that were given up noticed.
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.dropAborted();
      const shares = this.nextTurn();
      if (shares.length > 0) await this.answer(shares);
    }
    this.running = false;
  }

  private dropAborted(): void {
    for (const { signal, finish } of this.jobs) if (signal?.aborted) finish(signal.reason);
    this.jobs = this.jobs.filter(({ signal }) => !signal?.aborted);
  }

  private nextTurn(): Share[] {
    const key = this.jobs[0]?.key;
    const alike = this.jobs.filter((job) => job.key === key).slice(0, BATCH);
    const each = Math.floor(BATCH / alike.length);
    return alike.map((job) => ({ job, series: job.series.slice(job.answers.length, job.answers.length + each) }));
  }

  private async answer(shares: readonly Share[]): Promise<void> {
    const error = await this.call(shares);
    // One request's mistake is nobody else's.
    if (error !== undefined && shares.length > 1) for (const share of shares) await this.answer([share]);
    else if (error !== undefined) this.settle(shares[0].job, error);
    else for (const { job } of shares) this.settle(job);
  }

  /** Asks for all shares in one call; what went wrong, if anything. */
  private async call(shares: readonly Share[]): Promise<unknown> {
    try {
      const found = await this.forecaster.forecastAll(
        shares.flatMap(({ series }) => series),
        shares[0].job.options,
      );
      let at = 0;
      for (const { job, series } of shares) {
        for (const one of found.slice(at, at + series.length)) job.answers.push(one);
        at += series.length;
      }
      return undefined;
    } catch (error) {
      return error ?? new Error('the model failed and did not say why');
    }
  }

  /** Ends the job, or puts it at the end of the queue. */
  private settle(job: Job, error?: unknown): void {
    this.jobs = this.jobs.filter((one) => one !== job);
    if (error === undefined && job.answers.length < job.series.length) this.jobs.push(job);
    else job.finish(error);
  }
}

/** A stream reads value by value, far cheaper than from scratch; now and then it lets others take a turn. */
function polite(stream: SeriesStream, signal?: AbortSignal): SeriesStream {
  let begun = performance.now();
  return {
    observe: (value) => stream.observe(value),
    async forecast(options) {
      if (performance.now() - begun > PATIENCE) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        begun = performance.now();
      }
      signal?.throwIfAborted();
      return stream.forecast(options);
    },
    dispose: () => stream.dispose?.(),
  };
}

/** The options, the same text for the same wishes. */
const keyOf = (options: BaseOptions): string => JSON.stringify(Object.entries(options).sort());
