// Makes the weights of the package from a run of trainForecaster.mjs: the mean of its weights, as F16, and its config.
//
//   npm run build && node lab/scripts/packForecaster.mjs runs/forecaster [packages/forecast/data/forecaster]
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeSafetensors, openTensorFile, writeAtomic } from '@mamba-ts/core/formats';

const [run, out = 'packages/forecast/data/forecaster'] = process.argv.slice(2);
if (!run) throw new Error('packForecaster: give the folder of the run.');
const file = await openTensorFile(join(run, 'average.safetensors'));
const tensors = [];
for (const name of file.tensors.keys()) tensors.push({ name, ...(await file.read(name)), dtype: 'F16' });
await file.close();
await mkdir(out, { recursive: true });
const config = { forecaster_version: 1, ...JSON.parse(await readFile(join(run, 'config.json'), 'utf8')) };
await writeFile(join(out, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
await writeAtomic(join(out, 'model.safetensors'), encodeSafetensors(tensors, { format: 'pt' }));
console.log(`${out}: ${tensors.length} tensors`);
