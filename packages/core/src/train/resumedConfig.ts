/** The config of a run that is resumed: as it was, except for options that do not change what is computed. */
import { UsageError } from '../errors.ts';
import { freeOnResume, type RunConfig, runConfig } from './options.ts';
import type { RunFolder } from './runFolder.ts';

/** Reads train.json. Throws UsageError if what is given now contradicts it. */
export async function resumedConfig(
  folder: RunFolder,
  given: Readonly<Record<string, unknown>>,
  presetNow: string | undefined,
): Promise<RunConfig> {
  const { preset, ...saved } = (await folder.readJson('train.json')) as Record<string, unknown>;
  if (presetNow !== undefined && presetNow !== preset) throw otherConfig(folder, 'preset', preset, presetNow);
  const { options, modelKeys } = runConfig([saved, given]);
  const merged: Record<string, unknown> = { ...options, ...modelKeys };
  const isFree = (key: string) => freeOnResume.includes(key);
  const changed = Object.keys(given).find(
    (key) => !isFree(key) && JSON.stringify(merged[key]) !== JSON.stringify(saved[key]),
  );
  if (changed !== undefined) throw otherConfig(folder, changed, saved[changed], merged[changed]);
  return runConfig([saved, Object.fromEntries(Object.entries(given).filter(([key]) => isFree(key)))]);
}

function otherConfig(folder: RunFolder, key: string, before: unknown, now: unknown): UsageError {
  return new UsageError(
    'train',
    `${key} was ${JSON.stringify(before) ?? 'not given'} in ${folder.path} and is ${JSON.stringify(now)} now. ` +
      `A resumed run keeps its config: leave ${key} out, or start a new run.`,
  );
}
