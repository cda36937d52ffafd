/** How much one request may ask for, and how many may wait. */
import { UsageError } from '@mamba-ts/core/errors';
import { Refusal } from './refusal.ts';

export interface Limits {
  /** Bytes of a body. */
  body: number;
  /** Series of a request. */
  series: number;
  /** Values of a request, over all of its series and covariates. */
  points: number;
  /** Steps ahead. */
  horizon: number;
  /** Numbers of an answer: series × horizon × (quantiles and bounds). */
  numbers: number;
  /** Forecasts of the past of a request: for anomalies and backtests. */
  forecasts: number;
  /** Requests at work or waiting for the model. */
  waiting: number;
}

export const DEFAULT_LIMITS: Limits = {
  body: 8 * 1024 ** 2,
  series: 10_000,
  points: 2_000_000,
  horizon: 10_000,
  numbers: 5_000_000,
  forecasts: 20_000,
  waiting: 1000,
};

/** By limit: what is counted, what to do, where it is asked for. */
const WORDS = {
  series: ['series', 'Send them in several requests.', 'series'],
  points: ['values', 'Send fewer series, or fewer of their past values.', 'series'],
  horizon: ['steps ahead', 'Ask for fewer.', 'horizon'],
  numbers: ['numbers of answer', 'Ask for fewer series, steps or quantiles at once.', 'horizon'],
  forecasts: ['forecasts of the past', 'Send fewer series, or ask for fewer windows (every for anomalies).', 'series'],
} as const;

/** The limits, those of `given` in place of the usual ones. */
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
export function within(limits: Limits, name: keyof typeof WORDS, asked: number): void {
  if (asked <= limits[name]) return;
  const [what, advice, path] = WORDS[name];
  throw new Refusal(400, `the request has ${asked} ${what}, expected at most ${limits[name]}. ${advice}`, path);
}

export function tooLarge({ body }: Limits): Refusal {
  return new Refusal(413, `the body has more than ${body} bytes, expected at most that. Send it in several requests.`);
}

export function tooMany({ waiting }: Limits): Refusal {
  const message = `${waiting} requests are being answered, expected fewer. Try again in a moment.`;
  return new Refusal(503, message, undefined, { 'Retry-After': '1' });
}
