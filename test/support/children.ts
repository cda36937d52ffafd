/** Runs scripts on the built package in processes of their own. */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds dist/ where a source is newer. For one test file only: two would write over each other. */
export function buildDist(): void {
  const newest = readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .reduce((time, name) => Math.max(time, statSync(`${root}/src/${name}`).mtimeMs), 0);
  const built = statSync(`${root}/dist/.tsbuildinfo`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (newest <= built) return;
  const tsc = `${root}/node_modules/typescript/bin/tsc`;
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root });
  } catch (error) {
    // A type error somewhere is not what these tests are about: JavaScript is written all the same.
    console.warn(`tsc: ${(error as { stdout?: Buffer }).stdout}`);
  }
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
  const script = `const m = await import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)});\n${body}`;
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
