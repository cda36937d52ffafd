/** Small training runs for tests: seconds on any machine. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type LanguageResult, languageResult, type RunRequest, train } from '../../src/train/run.ts';

export const play = readFileSync(new URL('../../../mamba-ts/data/shakespeare.txt', import.meta.url), 'utf8').slice(
  0,
  12_000,
);

/** A folder with a text, a JSONL file and others, removed after the test. */
export async function workFolder(files: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mamba-ts-train-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const speeches = play.split('\n\n').map((text) => JSON.stringify({ text }));
  const all = { 'play.txt': play, 'play.jsonl': speeches.join('\n'), ...files };
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text);
  return folder;
}

export const small = {
  backend: 'wasm',
  threads: 1,
  dModel: 16,
  nLayer: 2,
  batchSize: 2,
  blockSize: 24,
  maxIters: 20,
  warmupIters: 4,
  learningRate: 3e-3,
  evalEvery: 7,
  evalBatches: 2,
  logEvery: 1,
};

/** Trains as `mamba-ts train` does and disposes the backend. */
export async function run(
  options: Record<string, unknown>,
  more: Omit<RunRequest, 'layers'> = {},
): Promise<LanguageResult> {
  const result = languageResult(await train({ layers: [{ ...small, ...options }], ...more }));
  result.model.backend.dispose();
  return result;
}

/** Continues a run, with its own options unless others are given. */
export async function resume(out: string, options: Record<string, unknown> = {}, more: Partial<RunRequest> = {}) {
  const result = await train({ layers: [{ out, ...options }], resume: true, ...more });
  result.model.backend.dispose();
  return result;
}

export interface LogLine {
  kind: 'step' | 'evaluation';
  iter: number;
  loss: number;
  learningRate: number;
  gradientNorm: number;
  best?: boolean;
  bitsPerByte?: number;
}

export async function logOf(out: string): Promise<LogLine[]> {
  const text = await readFile(join(out, 'log.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What of the log must not depend on when a run was stopped. */
export const stepsOf = (log: LogLine[]) =>
  log
    .filter(({ kind }) => kind === 'step')
    .map(({ iter, loss, learningRate, gradientNorm }) => ({ iter, loss, learningRate, gradientNorm }));

/** Every file of a run and a hash of its bytes, to show that nothing was lost. Encoded data aside. */
export async function contentsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.parentPath !== join(folder, 'data'))
    .map(({ parentPath, name }) => join(parentPath, name));
  const pairs = files.sort().map(async (path) => [path, hashOf(await readFile(path))] as const);
  return Object.fromEntries(await Promise.all(pairs));
}
