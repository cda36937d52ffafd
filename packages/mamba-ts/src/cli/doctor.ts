/** mamba-ts doctor: which backends run on this machine, how fast, and what to do about the others. */
import { threadCount } from '@mamba-ts/core/backend';
import { UsageError } from '@mamba-ts/core/errors';
import { measureDevice } from '@mamba-ts/core/inspect';
import { openBackend } from '@mamba-ts/core/tensor';
import type { Command } from 'commander';
import { guard } from './terminal.ts';

/** Adds the flags and the action of the verb to its command. */
export function define(command: Command): void {
  command
    .option('--threads <n>', 'threads. Default: every core.', Number)
    .option('--build', 'only compile the native kernels, e.g. in a Dockerfile')
    .action((flags: { threads?: number; build?: boolean }) => guard(() => (flags.build ? build() : run(flags))));
}

/** Compiles the kernels into the cache. Throws UsageError where that cannot be done. */
async function build(): Promise<void> {
  const backend = await openBackend('native');
  console.log(`native   ok: ${backend.device.description}`);
  backend.dispose();
}

async function run({ threads }: { threads?: number }): Promise<void> {
  // A wrong number is the user's mistake, not the fault of a backend.
  threadCount(threads);
  console.log(`node     ${process.version} on ${process.platform} ${process.arch}`);
  let first: string | undefined;
  for (const name of ['native', 'wasm', 'webgpu'] as const) {
    try {
      const backend = await openBackend(name, { threads });
      const { gflops, gemmGflops, gigabytes } = measureDevice(backend);
      console.log(`${name.padEnd(8)} ok: ${backend.device.description}`);
      console.log(
        `         ${gemmGflops.toFixed(0)} GFLOP/s in matrix products (peak ${gflops.toFixed(0)}), reads ${gigabytes.toFixed(0)} GB/s`,
      );
      backend.dispose();
      first ??= name;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const [what, ...rest] = error.what.split(/(?<=\.) /);
      console.log(`${name.padEnd(8)} no: ${what}`);
      if (rest.length > 0) console.log(`         ${rest.join(' ')}`);
    }
  }
  console.log(first ? `auto     takes ${first}` : 'auto     has nothing to take');
  // No backend runs: `mamba-ts doctor && …` must stop.
  if (!first) process.exitCode = 1;
}
