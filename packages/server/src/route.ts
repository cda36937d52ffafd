/** One thing that is asked for over HTTP: a file each, so that others can join. */
import type { Streaming } from '@mamba-ts/forecast/anomalies';
import type { SeriesForecaster } from '@mamba-ts/forecast/types';
import type { Limits } from './limits.ts';

/** What a request is answered with. */
export interface Circumstance {
  /** Takes its turns, and stops when the request is given up. */
  forecaster: SeriesForecaster | Streaming;
  limits: Limits;
  signal: AbortSignal;
  /** Where the request went. */
  url: string;
}

export interface Route {
  method: 'GET' | 'POST';
  path: string;
  /** A line of the server's front page. */
  about: string;
  /** What a body looks like: a line of the front page, and a request that works. */
  example?: unknown;
  /** JSON, or a response of its own kind. */
  answer(body: unknown, circumstance: Circumstance): Promise<unknown>;
}
