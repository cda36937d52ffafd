/** What language models and sequence models have in common: config, parameters, backend, state, costs, and files. */
import { UsageError } from '../errors.ts';
import type { Family } from '../families/family.ts';
import { encodeSafetensors, safetensorsBytes, type TensorToWrite } from '../formats/safetensors.ts';
import type { AnyConfig } from '../layers/config.ts';
import { readState, type State, type StateFields } from '../layers/state.ts';
import { nodeModule } from '../node.ts';
import type { Backend } from '../tensor/backend.ts';
import { type Parameter, ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { multiplyAddsAt, type Rehearsal, trainingBytes } from './costs.ts';

/** `format: 'pt'` is what Hugging Face's readers expect. */
const METADATA = { format: 'pt' };

/** A language model or a sequence model. */
export abstract class Model implements Rehearsal {
  readonly tree = new ParameterTree();
  private home?: Backend;

  /** Subclasses declare the parameters. They have no values before place() or a checkpoint gives them. */
  constructor(
    readonly config: AnyConfig,
    readonly family: Family,
  ) {}

  get backend(): Backend {
    if (!this.home) throw new UsageError('', 'The model has no values yet. Use createModel() or loadModel().');
    return this.home;
  }

  /** Makes inputs on `backend` from now on. The caller gives the parameters values there. */
  attach(backend: Backend): void {
    this.home = backend;
  }

  /** Puts the parameters on a backend with the values that `source` gives, one tensor at a time. */
  async place(backend: Backend, source: (parameter: Parameter) => Float32Array | Promise<Float32Array>): Promise<this> {
    await this.tree.place(backend, source);
    this.attach(backend);
    return this;
  }

  /** The parameters by the names that checkpoints have. */
  get parameters(): Record<string, Tensor> {
    return this.tree.tensors();
  }

  /** The tensors of the state of each block. */
  abstract get stateFields(): readonly StateFields[];
  /** Tokens of a document that the model can read: Infinity, except for attention without a window. */
  abstract get maxSteps(): number;
  /** A tensor that checkpoints may hold although it is the same as another: a tied head. */
  get repeated(): string | undefined {
    return undefined;
  }

  /** The same model without values. */
  abstract twin(): Model;
  /** config.json in the official spelling. */
  abstract toJSON(): Record<string, unknown>;
  abstract forwardZeros(B: number, L: number, state?: State): State;
  abstract lossOfZeros(B: number, L: number): Tensor;

  /** Multiply-adds for the last of `length` tokens. A FLOP count is twice as large. The model needs no values. */
  flopsAt(length: number): number {
    return multiplyAddsAt(this.twin(), length);
  }

  /** Multiply-adds for the first token. Where attention reads a cache, later tokens need more. */
  get flopsPerToken(): number {
    return this.flopsAt(1);
  }

  /** Bytes that a training step on B rows of L tokens needs. The model needs no values. */
  trainingBytes(B: number, L: number): number {
    return trainingBytes(this.twin(), B, L);
  }

  /** Reads a state that State.save() wrote. Throws UsageError where it belongs to a model of other sizes. */
  loadState(bytes: Uint8Array): Promise<State> {
    return readState(bytes, this.backend, this.stateFields);
  }

  /**
   * Writes config.json and model.safetensors into a folder, which is made if needed (Node). loadModel() or
   * loadSequenceModel() reads them. The tokenizer is not part of the model: save it next to them.
   */
  async save(folder: string): Promise<void> {
    const { join } = nodeModule('path');
    await nodeModule('fs/promises').mkdir(folder, { recursive: true });
    // Loaded here: pages do not write files.
    const { writeAtomic } = await import('../formats/atomicFile.ts');
    await writeAtomic(join(folder, 'config.json'), [new TextEncoder().encode(configText(this))]);
    await writeAtomic(join(folder, 'model.safetensors'), encodeSafetensors(await this.values(), METADATA));
  }

  /** The bytes of model.safetensors, for pages. With toJSON() they are what loadModel({ config, weights }) takes. */
  async toSafetensors(): Promise<Uint8Array<ArrayBuffer>> {
    return safetensorsBytes(await this.values(), METADATA);
  }

  private async values(): Promise<TensorToWrite[]> {
    const entries = Object.entries(this.parameters);
    return Promise.all(
      entries.map(async ([name, tensor]) => ({ name, shape: [...tensor.shape], data: await tensor.data() })),
    );
  }
}

/** The text of config.json. */
export const configText = (model: Model): string => `${JSON.stringify(model.toJSON(), null, 2)}\n`;
