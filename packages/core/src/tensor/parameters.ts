/**
 * Declared parameters: a model declares each of its parameters once. Initialising, loading, saving, counting and
 * placing them follow from that.
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

/** Writes the initial values of a parameter. */
export type Init = (values: Float32Array, random: Random, shape: Shape) => void;

/** A named tensor of a model. */
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

  /** Throws a UsageError before the parameter is placed on a backend. */
  get value(): Tensor {
    if (!this.tensor)
      throw new UsageError('', `${this.name} has no values yet. Place the parameters on a backend first.`);
    return this.tensor;
  }

  set value(tensor: Tensor) {
    this.tensor = tensor;
  }

  /** The initial values for a seed. Each parameter has its own random stream, chosen by its name. */
  initial(seed: number): Float32Array {
    const values = new Float32Array(this.size);
    this.init(values, new Random(seed).fork(this.name), this.shape);
    return values;
  }
}

/**
 * A tensor computed from parameters alone, such as −exp(A_log). Without gradients it is computed once, and again only
 * when the values of a parameter change.
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

/** All parameters of a model by name. */
export class ParameterTree {
  constructor(
    private readonly prefix = '',
    private readonly all: Map<string, Parameter> = new Map(),
  ) {}

  /** A tree that puts `name` and a dot before the names of its parameters. */
  child(name: string): ParameterTree {
    return new ParameterTree(`${this.prefix}${name}.`, this.all);
  }

  /** Declares a parameter. Throws a UsageError for a name that is declared already. */
  parameter(name: string, shape: Shape, init: Init, { decay = true }: { decay?: boolean } = {}): Parameter {
    const parameter = new Parameter(this.prefix + name, shape, init, decay);
    if (this.all.has(parameter.name)) throw new UsageError('', `The parameter ${parameter.name} is declared twice.`);
    this.all.set(parameter.name, parameter);
    return parameter;
  }

  /** The parameters in the order of their declaration. */
  list(): Parameter[] {
    return [...this.all.values()];
  }

  /** The number of values of all parameters. */
  count(): number {
    return this.list().reduce((sum, parameter) => sum + parameter.size, 0);
  }

  /** Puts the parameters on a backend, one after the other, with the values that `source` gives. */
  async place(backend: Backend, source: (parameter: Parameter) => Float32Array | Promise<Float32Array>): Promise<void> {
    for (const parameter of this.list()) {
      const values = await source(parameter);
      parameter.value = keep(backend.tensor(values, parameter.shape));
    }
  }

  /** The tensors of all parameters by name. */
  tensors(): Record<string, Tensor> {
    return Object.fromEntries(this.list().map((parameter) => [parameter.name, parameter.value]));
  }
}

/** Ones everywhere. */
export const ones: Init = (values) => void values.fill(1);
/** Zeros everywhere. */
export const zeros: Init = (values) => void values.fill(0);
/** Uniform in ±bound. */
export const uniform =
  (bound: number): Init =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
  };
/** Normal with mean 0. */
export const normal =
  (std: number): Init =>
  (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = std * random.normal();
  };
/** The initialisation of torch.nn.Linear: uniform in ±1 / √fanIn, times `scale`. */
export const linearInit = (fanIn: number, scale = 1): Init => uniform(scale / Math.sqrt(fanIn));
