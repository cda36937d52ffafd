/**
 * Many requests share one model in turns.
 *
 * Each turn takes the request that has waited longest, together with all requests that have the same options. A turn has
 * at most BATCH series, divided equally among its requests. The rest of a request goes to the end of the queue, so a
 * request of 10,000 series delays one of a single series by one turn only. Aborted requests take no further turn.
 */
import type { BaseOptions, Forecast, SeriesForecaster, SeriesStream, Values } from '@mamba-ts/forecast/types';

/** Series of one turn. */
const BATCH = 64;
/** Milliseconds for which a stream runs before others get a turn. */
const STREAM_TURN = 20;

interface Job {
  readonly series: readonly Values[];
  readonly options: BaseOptions;
  /** Jobs with equal keys can be answered by one call. */
  readonly key: string;
  readonly answers: Forecast[];
  readonly signal?: AbortSignal;
  readonly finish: (error?: unknown) => void;
}

/** The series of a job in one turn. */
interface Share {
  job: Job;
  series: readonly Values[];
}

/** The queue of one model. */
export class ForecastQueue {
  private jobs: Job[] = [];
  private running = false;

  constructor(readonly forecaster: SeriesForecaster) {}

  /** The model for one request: its calls take turns, and reject once `signal` is aborted. */
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
      // New requests are read, and aborted ones are noticed.
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
    const same = this.jobs.filter((job) => job.key === key).slice(0, BATCH);
    const each = Math.floor(BATCH / same.length);
    return same.map((job) => ({ job, series: job.series.slice(job.answers.length, job.answers.length + each) }));
  }

  private async answer(shares: readonly Share[]): Promise<void> {
    const error = await this.call(shares);
    // The mistake of one request must not fail the others.
    if (error !== undefined && shares.length > 1) for (const share of shares) await this.answer([share]);
    else if (error !== undefined) this.settle(shares[0].job, error);
    else for (const { job } of shares) this.settle(job);
  }

  /** Forecasts all shares in one call. Returns the error, if there was one. */
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
      return error ?? new Error('the model failed without an error');
    }
  }

  /** Ends the job, or puts it at the end of the queue. */
  private settle(job: Job, error?: unknown): void {
    this.jobs = this.jobs.filter((one) => one !== job);
    if (error === undefined && job.answers.length < job.series.length) this.jobs.push(job);
    else job.finish(error);
  }
}

/** A stream that lets other requests take a turn from time to time. */
function polite(stream: SeriesStream, signal?: AbortSignal): SeriesStream {
  let begun = performance.now();
  return {
    observe: (value) => stream.observe(value),
    async forecast(options) {
      if (performance.now() - begun > STREAM_TURN) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        begun = performance.now();
      }
      signal?.throwIfAborted();
      return stream.forecast(options);
    },
    dispose: () => stream.dispose?.(),
  };
}

/** The same text for the same options, in any order. */
const keyOf = (options: BaseOptions): string => JSON.stringify(Object.entries(options).sort());
