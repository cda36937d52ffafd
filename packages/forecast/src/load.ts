/** The forecaster that comes with the package, or one of a folder: config.json and model.safetensors. */
import { UsageError } from '@mamba-ts/core/errors';
import { packageBytes, packageFile } from '@mamba-ts/core/packageFile';
import { type LoadOptions, loadSequenceModel, type ModelFiles, type SequenceModel } from '@mamba-ts/core/sequence';
import { Forecaster } from './forecaster.ts';
import { NETWORK_SHAPE } from './model/network.ts';
import { ModelForecaster } from './modelForecaster.ts';

/**
 * `path`: a folder, or its address; by default that of the weights in this package.
 *
 *   const f = await loadForecaster();
 */
export async function loadForecaster(path?: string, options: Pick<LoadOptions, 'backend'> = {}): Promise<Forecaster> {
  const checkConfig = (config: unknown) => checkVersion(config, path);
  const model = await loadSequenceModel(path ?? (await packagedModel()), { ...options, checkConfig });
  for (const [key, expected] of Object.entries(NETWORK_SHAPE)) {
    if (model.config[key] === expected) continue;
    throw new UsageError(
      'loadForecaster',
      `${path} has ${key} ${model.config[key]}, expected ${expected}: it is a sequence model, but no forecaster of this version. ` +
        'Load it by loadSequenceModel(), or leave the path out for the weights of the package.',
    );
  }
  checkFinite(model, path);
  return new Forecaster(new ModelForecaster(model, path));
}

/** One weight that is no number would make all forecasts empty. */
function checkFinite(model: SequenceModel, path = 'the package'): void {
  for (const [name, tensor] of Object.entries(model.parameters)) {
    if (tensor.read().every(Number.isFinite)) continue;
    throw new UsageError(
      'loadForecaster',
      `the weights in ${path} are damaged: ${name} has values that are no finite numbers. Get the file again.`,
    );
  }
}

/** The version of features and outputs that this release reads; without `forecaster_version`, weights are of 1. */
const VERSION = 1;

function checkVersion(config: unknown, path?: string): void {
  const version = (config as { forecaster_version?: unknown } | null)?.forecaster_version ?? VERSION;
  if (version === VERSION) return;
  throw new UsageError(
    'loadForecaster',
    `${path} has weights of forecaster version ${version}, expected ${VERSION}, which this release of mamba-ts reads. ` +
      `Use the release that reads version ${version}, or leave the path out for the weights of the package.`,
  );
}

/** The weights of the package, which lie beside dist/ and src/. Bundlers find each file by its own, literal address. */
export async function packagedModel(): Promise<ModelFiles> {
  const [config, weights] = await Promise.all([
    packageBytes(packageFile(() => new URL('../data/forecaster/config.json', import.meta.url))),
    packageBytes(packageFile(() => new URL('../data/forecaster/model.safetensors', import.meta.url))),
  ]);
  return { config: new TextDecoder().decode(config), weights };
}
