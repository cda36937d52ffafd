/** What length costs: time, memory and speed of Mamba and a Transformer of equal size, measured in turns. */
import { defineExperiment } from '../../experiment.ts';
import { parts } from './runs.ts';
import { reportOf } from './scalingReport.ts';
import { bytesFor, checkSettings, type Measures, type Settings } from './setup.ts';

export const scaling = defineExperiment<Settings, Measures>({
  name: 'scaling',
  about: 'Time, memory and speed of generation against length: Mamba and a Transformer of equal size',
  claim:
    "Mamba's time grows linearly with length and its state not at all; it generates at 4 to 5 times a " +
    "Transformer's throughput, for without a cache of keys and values more sequences fit a batch (Gu & Dao 2023, " +
    'section 4.5 and figure 8).',
  scale:
    'Models of 0.8 million parameters on a CPU, one sequence at a time, in place of 1.4 and 6.9 billion on an A100 ' +
    'in batches. Both run on the kernels of this package.',
  full: {
    dModel: 128,
    mambaLayers: 7,
    transformerLayers: 4,
    shortest: 2 ** 9,
    longest: 2 ** 14,
    stream: 2 ** 20,
    piece: 2 ** 12,
    generated: 64,
    rounds: 5,
  },
  quick: {
    dModel: 32,
    mambaLayers: 3,
    transformerLayers: 2,
    shortest: 2 ** 8,
    longest: 2 ** 11,
    stream: 2 ** 15,
    piece: 2 ** 10,
    generated: 16,
    rounds: 3,
  },
  runs(settings) {
    checkSettings(settings);
    return Object.entries(parts).map(([id, { label, work }]) => ({ id, label, work }));
  },
  bytes: bytesFor,
  run: ({ id }, settings, context) => parts[id].measure(settings, context),
  report: reportOf,
});
