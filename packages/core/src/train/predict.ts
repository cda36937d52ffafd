/**
 * What a sequence model says of new data.
 *
 *   for await (const { title, class: found, values } of predict(model, 'runs/digits', 'clip.wav')) …
 */
import { ExampleSampler } from '../data/exampleSampler.ts';
import { type ExampleStore, titleOf } from '../data/examples.ts';
import { scaled, unscaled } from '../data/scaling.ts';
import { lastWindows } from '../data/windows.ts';
import { softmax } from '../math/softmax.ts';
import type { SequenceModel } from '../models/sequenceModel.ts';
import { scope } from '../tensor/scope.ts';
import { openSaved } from './savedExamples.ts';

export interface Prediction {
  /** The file, record, line or series. */
  title: string;
  /** Where each step has an output: which one, from 0. */
  step?: number;
  /** Classification: the most likely class. */
  class?: string;
  /** Probabilities by class, or values by name, in the units of the data. */
  values: Record<string, number>;
}

/** `folder`: the model's, whose examples.json says how to read `path`. A series gives the rows after its last. */
export async function* predict(
  model: SequenceModel,
  folder: string,
  path: string,
  { batchSize = 8 }: { batchSize?: number } = {},
): AsyncGenerator<Prediction> {
  const { opened, facts } = await openSaved(folder, path, { open: true });
  const { classes, values, scaling, options } = facts;
  const names = classes ?? values ?? [];
  const store = opened.series ? lastWindows(opened.series, options.blockSize) : opened.all;
  const sampler = new ExampleSampler(inputsAlone(scaled(store, scaling)), { mode: 'sequential', batchSize });
  for (let i = 0; i < sampler.batchesPerPass; i++) {
    const batch = await sampler.next();
    const outputs = scope(() => model.forward(batch).outputs.read());
    const width = model.dOutput;
    const byStep = model.config.output === 'step';
    for (let b = 0; b < batch.B; b++) {
      const title = titleOf(store, batch.indices[b]);
      const length = batch.lengths?.[b] ?? batch.L;
      const steps = !byStep ? [0] : opened.series ? [length - 1] : Array.from({ length }, (_, t) => t);
      for (const step of steps) {
        const at = (byStep ? b * batch.L + step : b) * width;
        const given = outputs.subarray(at, at + width);
        const found = classes ? Float32Array.from(softmax(given)) : unscaled(given, scaling);
        yield {
          title,
          ...(byStep && !opened.series && { step }),
          ...(classes && { class: classes[given.indexOf(Math.max(...given))] }),
          values: Object.fromEntries(names.map((name, k) => [name, found[k]])),
        };
      }
    }
  }
}

/** Some may have labels and others none. */
function inputsAlone(store: ExampleStore): ExampleStore {
  return { ...store, read: async (index) => ({ sequence: (await store.read(index)).sequence }) };
}
