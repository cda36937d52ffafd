import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadForecaster } from '../src/load.ts';

const packaged = (name: string) => new URL(`../data/forecaster/${name}`, import.meta.url);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mamba-ts-load-'));
  await copyFile(packaged('model.safetensors'), join(folder, 'model.safetensors'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes the config of the package with other values. */
async function withConfig(change: (config: Record<string, unknown>) => void): Promise<void> {
  const config = JSON.parse(await readFile(packaged('config.json'), 'utf8'));
  change(config);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
}

it('loads weights that name no version, as runs write them', async () => {
  await withConfig((config) => {
    delete config.forecaster_version;
  });
  const forecaster = await loadForecaster(folder, { backend: 'wasm' });
  expect((await forecaster.forecast([1, 2, 3, 4], { horizon: 2 })).median).toHaveLength(2);
  forecaster.dispose();
});

it('refuses weights that are no numbers', async () => {
  await withConfig(() => {});
  const path = join(folder, 'model.safetensors');
  const bytes = await readFile(path);
  // The last two bytes are a value of F16: 0x7e00 is NaN.
  const damaged = Buffer.from(bytes);
  damaged.writeUInt16LE(0x7e00, damaged.length - 2);
  await writeFile(path, damaged);
  await expect(loadForecaster(folder, { backend: 'wasm' })).rejects.toThrow('are damaged: ');
  await writeFile(path, bytes);
});

it('names the version of weights that it does not read', async () => {
  await withConfig((config) => {
    config.forecaster_version = 7;
  });
  const loading = loadForecaster(folder, { backend: 'wasm' });
  await expect(loading).rejects.toThrow(
    /weights of forecaster version 7, expected 1.*Use the release that reads version 7/,
  );
});
