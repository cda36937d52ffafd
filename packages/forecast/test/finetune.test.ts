import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyBackend } from '../../../test/support/backends.ts';
import { createSequenceModel } from '../../core/src/models/registered.ts';
import { Random } from '../../core/src/random.ts';
import { finetune } from '../src/finetune/finetune.ts';
import { loadForecaster } from '../src/load.ts';
import { NETWORK_SHAPE } from '../src/model/network.ts';

let root: string;
const folder = (name: string) => path.join(root, name);

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'finetune-'));
  const config = { model: 'mamba', dModel: 16, nLayer: 1, dState: 4, ...NETWORK_SHAPE } as const;
  const model = await createSequenceModel(config, { backend: anyBackend, seed: 1 });
  await model.save(folder('zero'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Jumps that no prior has: a sawtooth of seven steps, with noise. */
function saws(count: number): number[][] {
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(i + 1);
    return Array.from({ length: 150 }, (_, t) => (t % 7) ** 2 + 4 * random.normal());
  });
}
const common = { horizon: 14, backend: 'wasm' as const, iters: 25, learningRate: 1e-2 };

/** All files that the first one imports when it is loaded. */
async function importsOf(file: URL, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(file.pathname)) return found;
  found.add(file.pathname);
  const source = await readFile(file, 'utf8');
  for (const [, from] of source.matchAll(/^(?:import|export) (?!type )[^;]*?from '(\.[^']+)';/gm)) {
    await importsOf(new URL(from, file), found);
  }
  return found;
}

it('loads the synthetic priors only where it uses them', async () => {
  const files = [...(await importsOf(new URL('../src/finetune/index.ts', import.meta.url)))];
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => file.includes('/synthetic/priors/') || file.includes('catalogue'))).toEqual([]);
});

describe('finetune', () => {
  it('forecasts what was held out better, and does not change the first weights', async () => {
    const zero = await readFile(folder('zero/model.safetensors'));
    const result = await finetune(saws(12), { ...common, from: folder('zero'), out: folder('mine') });
    expect(result.isDone).toBe(true);
    expect(result.after).toBeLessThan(0.95 * result.before);
    expect(await readFile(folder('zero/model.safetensors'))).toEqual(zero);
    const f = await loadForecaster(result.best, { backend: 'wasm' });
    expect((await f.forecast(saws(1)[0], { horizon: 7 })).median).toHaveLength(7);
    f.dispose();
  });

  it('resumes bit-exact', async () => {
    const data = saws(3);
    const few = { ...common, iters: 10, from: folder('zero') };
    const abort = new AbortController();
    const stop = { signal: abort.signal, report: ({ iter }: Record<string, number>) => iter === 5 && abort.abort() };
    await finetune(data, { ...few, out: folder('whole') });
    const first = await finetune(data, {
      ...few,
      ...stop,
      report: (line) => void stop.report(line),
      out: folder('parts'),
    });
    expect(first).toMatchObject({ isDone: false, iter: 5 });
    const second = await finetune(data, { ...few, resume: true, out: folder('parts') });
    expect(second).toMatchObject({ isDone: true, iter: 10 });
    expect(await readFile(folder('parts/model.safetensors'))).toEqual(
      await readFile(folder('whole/model.safetensors')),
    );
  });

  it('keeps the zero-shot weights where nothing is better', async () => {
    const result = await finetune(saws(2), {
      ...common,
      iters: 25,
      learningRate: 8,
      from: folder('zero'),
      out: folder('worse'),
    });
    expect(result.after).toBe(result.before);
  });

  it('says what is wrong', async () => {
    const from = folder('zero');
    await expect(finetune([[1, 2, 3]], { ...common, from, out: folder('x') })).rejects.toThrow(
      /none of 1 series has 46 values/,
    );
    await expect(finetune([new Array(100).fill(5)], { ...common, from, out: folder('x') })).rejects.toThrow(
      /none of 1/,
    );
    await expect(finetune(saws(1), { ...common, from, out: folder('mine') })).rejects.toThrow(/holds a run already/);
    await expect(finetune(saws(1), { ...common, from, out: folder('none'), resume: true })).rejects.toThrow(
      /config.json/,
    );
    await expect(finetune([[1, 'x'] as never], { ...common, from, out: folder('x') })).rejects.toThrow(/series 0\[1\]/);
  });
});
