/** A route: one file each. */
import type { SeriesForecaster } from '@mamba-ts/forecast/types';
import type { Limits } from './limits.ts';

/** What a request is answered with. */
export interface RequestContext {
  /** Takes turns with other requests, and stops when the request is aborted. */
  forecaster: SeriesForecaster;
  limits: Limits;
  signal: AbortSignal;
  /** Where the request went. */
  url: string;
}

/** A route: its method, its path and its answer. */
export interface Route {
  method: 'GET' | 'POST';
  path: string;
  /** A line of the server's front page. */
  about: string;
  /** A body that works: it is shown on the front page. */
  example?: unknown;
  /** JSON, or a response of its own kind. */
  answer(body: unknown, context: RequestContext): Promise<unknown>;
}
