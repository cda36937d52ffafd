/** Libraries that a baseline needs and nothing else does: loaded when asked for. */
import { UsageError } from '@mamba-ts/core/errors';

export const isNode = (): boolean => typeof globalThis.process?.versions?.node === 'string';

/** What to say where one is not there. */
export function notInstalled(baseline: string, name: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new UsageError(
    '',
    `baseline ${baseline}: the package ${name} can't be loaded (${why}). Install it: npm install ${name}`,
    { cause },
  );
}
