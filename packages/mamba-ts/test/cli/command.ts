/** The built command, as people run it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, onTestFinished } from 'vitest';
import { train } from '../../../core/src/train/run.ts';
import { play, small } from '../../../core/test/train/runs.ts';

export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
export const lab = fileURLToPath(new URL('../../../../lab/dist/main.js', import.meta.url));

export interface Calling {
  input?: string;
  cwd?: string;
  /** The script. Default: that of mamba-ts. */
  main?: string;
}

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcessWithoutNullStreams;
  done: Promise<Finished>;
  /** Resolves when the command has written this to stderr. */
  said(text: string | RegExp): Promise<void>;
}

/** Starts `command` with arguments; a test that ends takes it along. */
export function start(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Running {
  const child = spawn(command, args, options);
  onTestFinished(() => void child.kill('SIGKILL'));
  const out = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
      for (const look of waiting) look();
    });
  }
  // Commands that do not read leave their input open.
  child.stdin.on('error', () => {});
  const done = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...out }));
  });
  const said = (text: string | RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (out.stderr.search(text) >= 0) resolve();
      };
      waiting.add(look);
      look();
      done.then(() => reject(new Error(`it ended and never said ${text}:\n${out.stderr}`)), reject);
    });
  return { child, done, said };
}

/** Runs mamba-ts to its end. */
export async function mamba(args: readonly string[], options: Calling = {}): Promise<Finished> {
  const { child, done } = start(process.execPath, [options.main ?? main, ...args], options);
  child.stdin.end(options.input);
  return done;
}

/** Runs mamba-ts, which must succeed. */
export async function ok(args: readonly string[], options: Calling = {}): Promise<Finished> {
  const result = await mamba(args, options);
  expect(result.code, `mamba-ts ${args.join(' ')}\n${result.stderr}`).toBe(0);
  return result;
}

/** Runs mamba-ts, which must refuse: one line that says why, no stack trace, exit code 2. */
export async function refused(
  args: readonly string[],
  message: string | RegExp,
  options: Calling = {},
): Promise<Finished> {
  const result = await mamba(args, options);
  const last = result.stderr.trimEnd().split('\n').at(-1)!;
  if (typeof message === 'string') expect(last).toContain(message);
  else expect(last).toMatch(message);
  expect(last).toMatch(/^mamba-ts: /);
  expect(result.stderr).not.toMatch(/\n\s+at |node:internal|TypeError|ReferenceError/);
  expect({ code: result.code, signal: result.signal }).toEqual({ code: 2, signal: null });
  return result;
}

/** The same for the laboratory. */
export const labOk = (args: readonly string[], options: Calling = {}) => ok(args, { ...options, main: lab });
export const labRefused = (args: readonly string[], message: string | RegExp, options: Calling = {}) =>
  refused(args, message, { ...options, main: lab });

/** A folder for the tests of one file, with a text and a small model that has read it. */
export async function workshop(): Promise<{ folder: string; model: string; text: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'mamba-ts-cli-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const text = join(folder, 'play.txt');
  await writeFile(text, play);
  const model = join(folder, 'model');
  const result = await train({ layers: [{ ...small, data: text, out: model, learningRate: 1e-2, maxIters: 40 }] });
  result.model.backend.dispose();
  return { folder, model, text };
}

/** { maxIters: 20 } as --max-iters 20 */
export function flags(options: Record<string, unknown>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    ...(value === true ? [] : [String(value)]),
  ]);
}
