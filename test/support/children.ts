/** Runs scripts on the built package in separate processes. */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the packages where a source is newer. For one test file only: two would write over each other. */
export function buildDist(): void {
  execFileSync(process.execPath, [`${root}/scripts/build.mjs`], { cwd: root });
}

export interface Ended {
  code: number | null;
  /** Ended by a signal: it ran past its time. */
  killed: boolean;
  stdout: string;
  stderr: string;
}

/** Runs `body`, the statements of an async module in which `m` is dist/index.js. */
export function runScript(
  body: string,
  options: { env?: Record<string, string>; uid?: number; timeout?: number } = {},
): Promise<Ended> {
  const script = `const m = await import(${JSON.stringify(new URL('../../packages/mamba-ts/dist/index.js', import.meta.url).href)});\n${body}`;
  const { env = {}, uid, timeout = 30_000 } = options;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--input-type=module', '-e', script],
      { env, uid, timeout, killSignal: 'SIGKILL', cwd: '/' },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : null) : 0;
        resolve({ code, killed: error?.killed ?? false, stdout, stderr });
      },
    );
  });
}
