/** Predictions of a sequence model for new data. */
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
  /** The step, from 0, if each step has an output. */
  step?: number;
  /** Classification: the most likely class. */
  class?: string;
  /** Probabilities by class, or values by name, in the units of the data. */
  values: Record<string, number>;
}

/**
 * Yields a prediction for each example in `path`, or for each of its steps. A series yields the rows after its last one.
 * Throws UsageError if the data cannot be read as the training data was.
 *
 * @param folder the folder of the model, whose examples.json says how to read `path`
 *
 * @example
 * const model = await loadSequenceModel('runs/digits');
 * for await (const { title, class: digit } of predict(model, 'runs/digits', 'clip.wav')) console.log(title, digit);
 */
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
  const sampler = new ExampleSampler(inputsOnly(scaled(store, scaling)), { mode: 'sequential', batchSize });
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

/** Without labels and targets, which only some examples may have. */
function inputsOnly(store: ExampleStore): ExampleStore {
  return { ...store, read: async (index) => ({ sequence: (await store.read(index)).sequence }) };
}
