/**
 * Inputs and targets of mean 0 and deviation 1, as training likes them; measured on the training part,
 * kept with the model.
 *
 *   const scaling = await measureScaling(train);
 *   const sampler = new ExampleSampler(scaled(train, scaling), …);
 */
import type { Example, ExampleStore } from './examples.ts';

/** x ← (x − mean) / deviation, column by column. */
export interface Columns {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface Scaling {
  /** Absent for tokens. */
  readonly inputs?: Columns;
  /** Absent where there are none. */
  readonly targets?: Columns;
  /** Steps of the longest example. */
  readonly longest: number;
}

/** Reads every example once. */
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

/** The store with its numbers scaled as they are read. */
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

/** What `scaled` did to targets, undone. */
export function unscaled(values: Float32Array, { targets }: Scaling): Float32Array {
  if (!targets) return values;
  const { mean, deviation } = targets;
  return values.map((value, i) => value * deviation[i % mean.length] + mean[i % mean.length]);
}

/** Mean and deviation of columns as their values arrive (Welford 1962); missing ones do not count. */
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

  /** A column that never changes keeps its scale. */
  columns(): Columns {
    const deviation = Array.from(this.squares, (sum, i) => Math.sqrt(sum / Math.max(1, this.count[i])) || 1);
    return { mean: [...this.mean], deviation };
  }
}
