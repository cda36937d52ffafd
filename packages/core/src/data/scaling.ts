/**
 * Inputs and targets scaled to mean 0 and deviation 1. The scaling is measured on the training part and kept with the
 * model: new data is scaled by it, too.
 *
 *   x ← (x − mean) / deviation, column by column
 */
import type { Example, ExampleStore } from './examples.ts';

/** The mean and the standard deviation of each column. */
export interface Columns {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** How examples are scaled. Plain JSON. */
export interface Scaling {
  /** By feature. Absent for tokens. */
  readonly inputs?: Columns;
  /** By target. Absent where there are none. */
  readonly targets?: Columns;
  /** The number of steps of the longest example. */
  readonly longest: number;
}

/**
 * The mean and deviation of every column of the inputs and targets; missing values (NaN) do not count. A column that
 * never changes has deviation 1. Reads every example once.
 *
 * @example
 * const scaling = await data.measureScaling(train);
 * const sampler = new data.ExampleSampler(data.scaled(train, scaling), { mode: 'sequential', batchSize: 8 });
 */
export async function measureScaling(store: ExampleStore): Promise<Scaling> {
  let longest = 0;
  let inputs: Moments | undefined;
  let targets: Moments | undefined;
  for (let i = 0; i < store.length; i++) {
    const example = await store.read(i);
    const steps = example.sequence.length / store.features;
    longest = Math.max(longest, steps);
    if (example.sequence instanceof Float32Array) {
      inputs ??= new Moments(store.features);
      inputs.add(example.sequence);
    }
    if (example.targets) {
      targets ??= new Moments(example.targets.length / (store.output === 'step' ? steps : 1));
      targets.add(example.targets);
    }
  }
  return { ...(inputs && { inputs: inputs.columns() }), ...(targets && { targets: targets.columns() }), longest };
}

/**
 * The same examples, scaled when they are read: x ← (x − mean) / deviation. Tokens and labels stay as they are.
 *
 * @example
 * const trainer = new Trainer(model, data.scaled(train, await data.measureScaling(train)), options);
 */
export function scaled(store: ExampleStore, { inputs, targets }: Scaling): ExampleStore {
  return {
    ...store,
    async read(index): Promise<Example> {
      const example = await store.read(index);
      const { sequence } = example;
      return {
        ...example,
        ...(inputs && sequence instanceof Float32Array && { sequence: apply(sequence, inputs) }),
        ...(targets && example.targets && { targets: apply(example.targets, targets) }),
      };
    },
  };
}

function apply(values: Float32Array, { mean, deviation }: Columns): Float32Array {
  return values.map((value, i) => (value - mean[i % mean.length]) / deviation[i % mean.length]);
}

/**
 * Outputs of a model in the units of the targets: x ← x · deviation + mean.
 *
 * @param values (…, targets), scaled
 * @example
 * data.unscaled(model.forward([sequence]).outputs.read(), scaling);
 */
export function unscaled(values: Float32Array, { targets }: Scaling): Float32Array {
  if (!targets) return values;
  const { mean, deviation } = targets;
  return values.map((value, i) => value * deviation[i % mean.length] + mean[i % mean.length]);
}

/** Mean and deviation of columns as their values arrive (Welford 1962); missing values do not count. */
class Moments {
  private readonly count: Float64Array;
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;

  constructor(private readonly width: number) {
    this.count = new Float64Array(width);
    this.mean = new Float64Array(width);
    this.squares = new Float64Array(width);
  }

  add(values: Float32Array): void {
    for (let i = 0; i < values.length; i++) {
      if (Number.isNaN(values[i])) continue;
      const column = i % this.width;
      const difference = values[i] - this.mean[column];
      this.mean[column] += difference / ++this.count[column];
      this.squares[column] += difference * (values[i] - this.mean[column]);
    }
  }

  /** A column that never changes is not scaled: its deviation is 1. */
  columns(): Columns {
    const deviation = Array.from(this.squares, (sum, i) => Math.sqrt(sum / Math.max(1, this.count[i])) || 1);
    return { mean: [...this.mean], deviation };
  }
}
