/** The limits of one request, and of the number that may wait. */
import { UsageError } from '@mamba-ts/core/errors';
import { Refusal } from './refusal.ts';

/** Limits of a server. */
export interface Limits {
  /** Bytes of a body. Default: 8 MiB. */
  body: number;
  /** Series of a request. Default: 10,000. */
  series: number;
  /** Values of all series and covariates of a request. Default: 2,000,000. */
  points: number;
  /** Steps ahead. Default: 10,000. */
  horizon: number;
  /** Numbers of an answer: series × steps × (quantiles and bounds). Default: 5,000,000. */
  numbers: number;
  /** Forecasts of the past, for anomalies and backtests. Default: 20,000. */
  forecasts: number;
  /** Requests that are being answered or wait for the model. Default: 1,000. */
  waiting: number;
}

/** The limits that hold if none are given. */
export const DEFAULT_LIMITS: Limits = {
  body: 8 * 1024 ** 2,
  series: 10_000,
  points: 2_000_000,
  horizon: 10_000,
  numbers: 5_000_000,
  forecasts: 20_000,
  waiting: 1000,
};

/** By limit: what is counted, what to do, and the field that is named. */
const WORDS = {
  series: ['series', 'Send them in several requests.', 'series'],
  points: ['values', 'Send fewer series, or fewer of their past values.', 'series'],
  horizon: ['steps ahead', 'Give a smaller horizon.', 'horizon'],
  numbers: ['numbers of answer', 'Send fewer series, or ask for fewer steps or quantiles.', 'horizon'],
  forecasts: [
    'forecasts of the past',
    'Send fewer series, or fewer windows (for anomalies, a larger every).',
    'series',
  ],
} as const;

/** The limits, with `given` in place of the defaults. */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new UsageError('serve', `there is no limit ${name}, expected ${Object.keys(DEFAULT_LIMITS).join(', ')}.`);
    }
    if (value !== undefined && !(value >= 1)) {
      throw new UsageError('serve', `the limit ${name} is ${value}, expected a number ≥ 1.`);
    }
  }
  return { ...DEFAULT_LIMITS, ...given };
}

/** Refuses what is above the limit `name`. */
export function within(limits: Limits, name: keyof typeof WORDS, count: number): void {
  if (count <= limits[name]) return;
  const [what, advice, path] = WORDS[name];
  throw new Refusal(400, `the request has ${count} ${what}, expected at most ${limits[name]}. ${advice}`, path);
}

/** The refusal of a body that is too large. */
export function tooLarge({ body }: Limits): Refusal {
  return new Refusal(413, `the body has more than ${body} bytes, expected at most that. Send it in several requests.`);
}

/** The refusal of a request when too many wait. */
export function tooMany({ waiting }: Limits): Refusal {
  const message = `${waiting} requests are being answered, expected fewer. Try again in a moment.`;
  return new Refusal(503, message, undefined, { 'Retry-After': '1' });
}
