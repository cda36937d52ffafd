/** Checkpoint folders for tests: the official tiny model, and folders with what a test wants in them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { fileSource, openTensorFile, safetensorsBytes, type TensorToWrite } from '../../src/formats/index.ts';
import { openTorch } from '../../src/formats/torch.ts';

export const goldenFolder = fileURLToPath(new URL('../../../../test/fixtures/golden/mamba-tiny', import.meta.url));

/** An empty folder that goes when the test is over. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mamba-ts-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Checkpoint {
  config: Record<string, unknown>;
  tensors: TensorToWrite[];
}

export async function goldenCheckpoint(): Promise<Checkpoint> {
  return {
    config: JSON.parse(await readFile(join(goldenFolder, 'config.json'), 'utf8')),
    tensors: await tensorsOf(join(goldenFolder, 'model.safetensors')),
  };
}

export async function tensorsOf(path: string): Promise<TensorToWrite[]> {
  const file = /\.(bin|pth)$/.test(path) ? await openTorch(await fileSource(path)) : await openTensorFile(path);
  const tensors: TensorToWrite[] = [];
  for (const name of file.tensors.keys()) tensors.push({ name, ...(await file.read(name)) });
  await file.close();
  return tensors;
}

/** A folder with config.json and model.safetensors. */
export async function folderWith({ config, tensors }: Checkpoint): Promise<string> {
  const folder = await emptyFolder();
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'model.safetensors'), safetensorsBytes(tensors));
  return folder;
}
