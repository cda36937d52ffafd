/**
 * Declared parameters: a model says once what it has, and everything else follows from that:
 * making, loading, saving, counting and placing them.
 *
 *   const tree = new ParameterTree();
 *   const weight = tree.child('backbone').parameter('norm_f.weight', [dModel], ones, { decay: false });
 *   await tree.place(backend, (parameter) => initial(parameter));
 *   weight.value                                              // a Tensor from now on
 */
import { UsageError } from '../errors.ts';
import { Random } from '../random.ts';
import { keep, scope } from './scope.ts';
import type { Storage } from './storage.ts';
import { isRecording } from './tape.ts';
import { type Backend, product, type Shape, type Tensor } from './tensor.ts';

/** Writes a parameter's first values. */
export type Init = (values: Float32Array, random: Random, shape: Shape) => void;

export class Parameter {
  private tensor?: Tensor;

  constructor(
    readonly name: string,
    readonly shape: Shape,
    readonly init: Init,
    /** Whether weight decay applies. */
    readonly decay: boolean,
  ) {}

  get size(): number {
    return product(this.shape);
  }

  get value(): Tensor {
    if (!this.tensor)
      throw new UsageError('', `${this.name} has no values yet. Place the parameters on a backend first.`);
    return this.tensor;
  }

  set value(tensor: Tensor) {
    this.tensor = tensor;
  }

  /** The first values from a seed; each parameter has a stream of its own, found by its name. */
  initial(seed: number): Float32Array {
    const values = new Float32Array(this.size);
    this.init(values, new Random(seed).fork(this.name), this.shape);
    return values;
  }
}

/**
 * A tensor that follows from parameters alone, such as −exp(A_log). Without gradients it is computed
 * once, and again when a parameter's values change.
 */
export class Derived {
  private readonly sources: readonly Parameter[];
  private cached?: { tensor: Tensor; from: { storage: Storage; version: number }[] };

  constructor(
    sources: Parameter | readonly Parameter[],
    private readonly compute: (...values: Tensor[]) => Tensor,
  ) {
    this.sources = sources instanceof Parameter ? [sources] : sources;
  }

  get value(): Tensor {
    const values = this.sources.map(({ value }) => value);
    if (isRecording()) return this.compute(...values);
    const fresh = this.cached?.from.every(
      ({ storage, version }, i) => storage === values[i].storage && version === storage.version,
    );
    if (!this.cached || !fresh) {
      this.cached?.tensor.dispose();
      const from = values.map(({ storage }) => ({ storage, version: storage.version }));
      this.cached = { tensor: keep(scope(() => this.compute(...values))), from };
    }
    return this.cached.tensor;
  }
}

export class ParameterTree {
  constructor(
    private readonly prefix = '',
    private readonly all: Map<string, Parameter> = new Map(),
  ) {}

  child(name: string): ParameterTree {
    return new ParameterTree(`${this.prefix}${name}.`, this.all);
  }

  parameter(name: string, shape: Shape, init: Init, { decay = true }: { decay?: boolean } = {}): Parameter {
    const parameter = new Parameter(this.prefix + name, shape, init, decay);
    if (this.all.has(parameter.name)) throw new UsageError('', `The parameter ${parameter.name} is declared twice.`);
    this.all.set(parameter.name, parameter);
    return parameter;
  }

  /** In the order they were declared. */
  list(): Parameter[] {
    return [...this.all.values()];
  }

  count(): number {
    return this.list().reduce((sum, parameter) => sum + parameter.size, 0);
  }

  /** Puts every parameter on a backend with the values that `source` gives, one at a time. */
  async place(backend: Backend, source: (parameter: Parameter) => Float32Array | Promise<Float32Array>): Promise<void> {
    for (const parameter of this.list()) {
      const values = await source(parameter);
      parameter.value = keep(backend.tensor(values, parameter.shape));
    }
  }

  tensors(): Record<string, Tensor> {
    return Object.fromEntries(this.list().map((parameter) => [parameter.name, parameter.value]));
  }
}

export const ones: Init = (values) => void values.fill(1);
export const zeros: Init = (values) => void values.fill(0);
export const uniform =
  (bound: number): Init =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
  };
export const normal =
  (std: number): Init =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = std * random.normal();
  };
/** What torch.nn.Linear starts from: uniform in ±1 / √fanIn, times `scale`. */
export const linearInit = (fanIn: number, scale = 1): Init => uniform(scale / Math.sqrt(fanIn));
