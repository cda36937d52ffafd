/** mamba-ts serve: forecasts over HTTP, until Ctrl-C. */

import { readFileSync } from 'node:fs';
import { UsageError } from '@mamba-ts/core/errors';
import { loadForecaster } from '@mamba-ts/forecast/load';
import type { Command } from 'commander';
import { addBackendOptions, openFor } from './load.ts';
import { guard, onInterrupt, say } from './terminal.ts';

interface Flags {
  port: number;
  host: string;
  model?: string;
  backend?: string;
  threads?: number;
  cors?: string[];
  maxBody: string;
}

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  command
    .option('--port <n>', 'the port; 0 is any free one', Number, 8080)
    .option('--host <address>', 'the address to listen on; 0.0.0.0 admits other machines', '127.0.0.1')
    .option('--model <folder>', 'a forecaster of your own. Default: the one of this package.')
    .option('--cors <origin...>', 'origins whose pages may send requests; * is all')
    .option('--max-body <size>', 'the largest request', '8mb');
  addBackendOptions(command).action((flags: Flags) => guard(() => run(flags)));
}

async function run({ port, host, model, backend: wanted, threads, cors, maxBody }: Flags): Promise<void> {
  const body = bytesOf(maxBody);
  const origin = cors?.includes('*') ? '*' : cors;
  // Hono is loaded by this verb alone.
  const { createHandler, curlLine, forecastRoute, listen } = await import('@mamba-ts/server');
  const backend = await openFor(wanted, threads);
  try {
    const forecaster = await loadForecaster(model, { backend });
    const about = { version: packageVersion(), backend: backend.name };
    const onError = (error: unknown) => say(error instanceof Error ? error.stack : String(error));
    const handler = createHandler({ forecaster, limits: { body }, cors: origin, about, onError });
    const server = await listen(handler, { port, host });
    console.log(`${forecaster.name} (${backend.name}) answers on ${server.url}\n`);
    console.log(`  ${curlLine(forecastRoute, server.url)}\n`);
    console.log('The address itself lists all routes. Ctrl-C stops the server.');
    await new Promise<void>((resolve) => onInterrupt(resolve));
    say('\nAnswering the requests that have begun; Ctrl-C again exits immediately.');
    await server.close();
  } finally {
    backend.dispose();
  }
}

const UNITS: Record<string, number> = { '': 1, b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** 8mb, 512 KB, 1000000 */
function bytesOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) *([kmg]?b)?$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(digits) * UNITS[unit.toLowerCase()]);
  if (bytes >= 1 && bytes <= LARGEST_BODY) return bytes;
  throw new UsageError(
    'serve',
    `--max-body is ${JSON.stringify(text)}, expected a size up to 256mb such as 8mb or 500kb.`,
  );
}

/** A body becomes one string, whose length is limited. */
const LARGEST_BODY = 256 * 1024 ** 2;

const packageVersion = (): string =>
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
