/** What every model is: a config, declared parameters, the backend they are on, and how its state looks. */
import { UsageError } from '../errors.ts';
import type { ModelConfig } from '../layers/config.ts';
import { readState, type State, type StateFields } from '../layers/state.ts';
import type { Backend } from '../tensor/backend.ts';
import { type Parameter, ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';

export abstract class Model {
  readonly tree = new ParameterTree();
  private home?: Backend;

  /** Subclasses declare the parameters; they have no values before place() or a checkpoint gives them. */
  constructor(readonly config: ModelConfig) {}

  get backend(): Backend {
    if (!this.home) throw new UsageError('', 'The model has no values yet. Use createModel() or loadModel().');
    return this.home;
  }

  /** Puts the parameters on a backend with the values that `source` gives, one tensor at a time. */
  async place(backend: Backend, source: (parameter: Parameter) => Float32Array | Promise<Float32Array>): Promise<this> {
    await this.tree.place(backend, source);
    this.home = backend;
    return this;
  }

  /** By the names of checkpoints. */
  get parameters(): Record<string, Tensor> {
    return this.tree.tensors();
  }

  /** How the state of each block looks. */
  abstract get stateFields(): readonly StateFields[];
  /** Multiply-adds for the last of `length` tokens: every weight of a linear map once, and the mixing. */
  abstract flopsAt(length: number): number;

  /** Those for the first token: where attention reads a cache, later ones need more. */
  get flopsPerToken(): number {
    return this.flopsAt(1);
  }

  /** Tokens of a document that it can read: Infinity, but for attention without a window. */
  abstract get maxSteps(): number;
  /** Floats that a training step keeps for one token, what the head gives aside. */
  abstract get activationsPerToken(): number;
  /** Numbers that the head gives for one token. */
  abstract get outputsPerToken(): number;
  /** A tensor that checkpoints may hold though it is another's: a tied head. */
  get repeated(): string | undefined {
    return undefined;
  }

  /** Reads a state that State.save() wrote. */
  loadState(bytes: Uint8Array): Promise<State> {
    return readState(bytes, this.backend, this.stateFields);
  }

  /** Sizes of the linear maps, those of `except` aside. */
  protected mapSizes(except?: Parameter): number {
    const maps = this.tree.list().filter(({ shape, decay }) => shape.length === 2 && decay);
    return maps.reduce((sum, one) => sum + (one === except ? 0 : one.size), 0);
  }
}
