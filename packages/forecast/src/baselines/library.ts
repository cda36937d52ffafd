/** The libraries of baselines, which are loaded when they are first needed. */
import { UsageError } from '@mamba-ts/core/errors';

/** Whether this is Node. */
export const isNode = (): boolean => typeof globalThis.process?.versions?.node === 'string';

/** The error for a library that is not installed. */
export function notInstalled(baseline: string, name: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new UsageError(
    'baseline',
    `${baseline} needs the package ${name}, which cannot be loaded (${why}). Install it: npm install ${name}`,
    { cause },
  );
}
