/** What length costs: time, memory and speed of Mamba and a Transformer of equal size, measured in turns. */
import { defineExperiment } from '../../experiment.ts';
import { countField } from '../../settings.ts';
import { type Measurement, measurements } from './measurements.ts';
import { bytesFor, requireFitting } from './scalingModels.ts';
import { scalingReport } from './scalingReport.ts';

const powerOfTwo = (length: number) => ({
  ...countField(length),
  accepts: (value: unknown) => Number.isSafeInteger(value) && Number.isInteger(Math.log2(value as number)),
  expected: 'a power of two, such as 4096',
});

export const scaling = defineExperiment({
  name: 'scaling',
  fields: {
    dModel: countField(128),
    mambaLayers: countField(7),
    transformerLayers: countField(4),
    /** Tokens of the shortest and the longest sequence that both models read. */
    shortest: powerOfTwo(2 ** 9),
    longest: powerOfTwo(2 ** 14),
    /** Tokens that only Mamba reads, and tokens of a piece. */
    stream: powerOfTwo(2 ** 20),
    piece: powerOfTwo(2 ** 12),
    /** Tokens generated in a turn. */
    generated: countField(64),
    rounds: countField(5),
  },
  quick: {
    ...{ dModel: 32, mambaLayers: 3, transformerLayers: 2, shortest: 2 ** 8, longest: 2 ** 11 },
    ...{ stream: 2 ** 15, piece: 2 ** 10, generated: 16, rounds: 3 },
  },
  variants(settings) {
    requireFitting(settings);
    return (Object.keys(measurements) as Measurement[]).map((measurement) => ({ measurement }));
  },
  id: ({ measurement }) => measurement,
  label: ({ measurement }) => measurements[measurement].label,
  work: ({ measurement }) => measurements[measurement].work,
  bytes: bytesFor,
  run: ({ measurement }, settings, context) => measurements[measurement].measure(settings, context),
  report: scalingReport,
});
