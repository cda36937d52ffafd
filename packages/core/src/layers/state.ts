/**
 * Everything that a model remembers of a sequence, as a value: clone it, save it, continue from it. The state of a
 * recurrence has a fixed size; the cache of attention grows with each step, up to its bound.
 */
import { UsageError } from '../errors.ts';
import { bytesSource } from '../formats/byteSource.ts';
import { openSafetensors, safetensorsBytes } from '../formats/safetensors.ts';
import { cacheFromRows, KeyValueCache } from '../ops/keyValueCache.ts';
import type { RowEnd } from '../ops/positions.ts';
import { transposeLast } from '../ops/shape.ts';
import type { Backend } from '../tensor/backend.ts';
import { copyInto } from '../tensor/copy.ts';
import { keep, scope } from '../tensor/scope.ts';
import { held } from '../tensor/storage.ts';
import { withoutGradients } from '../tensor/tape.ts';
import { product, type Shape, sameShape, show, type Tensor } from '../tensor/tensor.ts';

/** The tensors that a layer remembers, by name, such as { conv, ssm }. Each has the batch as its first axis. */
export type LayerState = Record<string, Tensor>;

/** One tensor of the state of a layer. */
export interface StateField {
  /** The shape of one row, without the batch axis, as kernels hold it. */
  readonly shape: Shape;
  /** Whether the official layout, in which a state is shown and saved, swaps the last two axes. */
  readonly transposed?: boolean;
  /** For a KeyValueCache: the steps that it holds at most, each of this shape. Infinity: all. */
  readonly grows?: number;
}

/** The state of a layer or a block. */
export type StateFields = Record<string, StateField>;

/** What a model remembers of each row of a batch. forward() returns one; a forward() that is given one does not change it. */
export class State {
  constructor(
    readonly layers: readonly LayerState[],
    private readonly fields: readonly StateFields[],
    /** Tokens read so far, for each row. */
    readonly positions: readonly number[],
    /** For packed documents: the document that each row ended in, and the steps since its start. */
    readonly ends?: readonly RowEnd[],
  ) {}

  /** The tensors, for scope(). */
  [held](): Iterable<unknown> {
    return this.layers;
  }

  /** Tokens read so far. Where rows differ: of the longest one. */
  get position(): number {
    return Math.max(...this.positions);
  }

  /** The number of rows. */
  get batchSize(): number {
    return this.positions.length;
  }

  /** Bytes of its tensors. */
  get bytes(): number {
    const bytesOf = (tensor: Tensor) => (tensor instanceof KeyValueCache ? tensor.bytes : 4 * tensor.size);
    return this.layers.flatMap(Object.values).reduce((sum, tensor: Tensor) => sum + bytesOf(tensor), 0);
  }

  /** Throws UsageError where the state belongs to a model of other sizes. */
  requireFit(fields: readonly StateFields[]): void {
    if (this.fields === fields) return;
    const [got, expected] = [layout(this.fields), layout(fields)];
    const at = Array.from({ length: Math.max(got.length, expected.length) }, (_, i) => i).find(
      (i) => got[i] !== expected[i],
    );
    if (at === undefined) return;
    throw new UsageError(
      'forward',
      `the state has ${got[at] ?? 'nothing more'}, expected ${expected[at] ?? 'nothing more'}. Use the model that wrote the state.`,
    );
  }

  /** A copy, which lives until its dispose(). */
  clone(): State {
    const layers = this.layers.map((layer) =>
      Object.fromEntries(
        Object.entries(layer).map(([name, tensor]) => [
          name,
          keep(tensor instanceof KeyValueCache ? tensor.copy() : copyOf(tensor)),
        ]),
      ),
    );
    return new State(layers, this.fields, this.positions, this.ends);
  }

  /**
   * Copies of its tensors by block and name, in the official layout: of Mamba 'layers.0.conv' (B, dInner, dConv) and
   * 'layers.0.ssm' (B, dInner, N); of attention 'layers.0.kv' (B, steps, 2, G, P), zeros after the last step of a row.
   */
  tensors(): Record<string, Tensor> {
    return withoutGradients(() => {
      const entries = this.layers.flatMap((layer, i) =>
        Object.entries(this.fields[i]).map(([name, { transposed }]): [string, Tensor] => [
          `layers.${i}.${name}`,
          official(layer[name], transposed),
        ]),
      );
      return Object.fromEntries(entries);
    });
  }

  /** The bytes of a safetensors file in the official layout, which model.loadState() reads. */
  async save(): Promise<Uint8Array> {
    const tensors = await Promise.all(
      Object.entries(this.tensors()).map(async ([name, tensor]) => ({
        name,
        shape: [...tensor.shape],
        data: await tensor.data(),
      })),
    );
    return safetensorsBytes(tensors, {
      format: 'mamba-ts state',
      positions: JSON.stringify(this.positions),
      ...(this.ends && { ends: JSON.stringify(this.ends) }),
    });
  }

  /** Takes the state out of its scope: it lives until dispose(), or until it is garbage-collected. */
  keep(): this {
    for (const layer of this.layers) for (const tensor of Object.values(layer)) keep(tensor);
    return this;
  }

  /** Frees the memory. */
  dispose(): void {
    for (const layer of this.layers) for (const tensor of Object.values(layer)) tensor.dispose();
  }

  /** `using state = …` frees the memory at the end of the block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Reads what State.save() wrote. Throws UsageError where it belongs to a model of other sizes. */
export async function readState(bytes: Uint8Array, backend: Backend, fields: readonly StateFields[]): Promise<State> {
  const file = await openSafetensors(bytesSource('state', bytes));
  if (file.metadata.format !== 'mamba-ts state') {
    throw new UsageError('loadState', 'the bytes are not a saved state. Give what state.save() returned.');
  }
  const positions = JSON.parse(file.metadata.positions ?? '[]') as number[];
  const ends = file.metadata.ends ? (JSON.parse(file.metadata.ends) as RowEnd[]) : undefined;
  const layers: LayerState[] = [];
  for (const [i, layerFields] of fields.entries()) {
    const layer: LayerState = {};
    for (const [name, { shape, transposed, grows }] of Object.entries(layerFields)) {
      const key = `layers.${i}.${name}`;
      // Attention holds the steps of the last document of a row.
      const steps = positions.map((read, b) => Math.min(read, grows ?? 0, ends ? ends[b].age + 1 : read));
      const expected = [
        positions.length,
        ...(grows === undefined ? [] : [Math.max(...steps)]),
        ...(transposed ? [...shape.slice(0, -2), shape.at(-1), shape.at(-2)] : shape),
      ];
      const info = file.tensors.get(key);
      if (!info || !sameShape(info.shape, expected as number[])) {
        const got = info ? show(info.shape) : 'missing';
        throw new UsageError(
          'loadState',
          `${key} is ${got}, expected ${show(expected as number[])}. Use the model that wrote the state.`,
        );
      }
      const { data } = await file.read(key);
      const tensor = backend.tensor(data, expected as number[]);
      const toKernels = () => (grows === undefined ? transposeLast(tensor) : cacheFromRows(tensor, steps, positions));
      layer[name] = keep(transposed || grows !== undefined ? scope(toKernels) : tensor);
    }
    layers.push(layer);
  }
  if (file.tensors.size !== fields.reduce((sum, layer) => sum + Object.keys(layer).length, 0)) {
    throw new UsageError(
      'loadState',
      `the state has ${file.tensors.size} tensors, more than this model's. Use the model that wrote it.`,
    );
  }
  return new State(layers, fields, positions, ends);
}

/** 'layers.0.conv (4, 64)' for each tensor of a row. */
function layout(fields: readonly StateFields[]): string[] {
  return fields.flatMap((layer, i) =>
    Object.entries(layer).map(([name, { shape }]) => `layers.${i}.${name} ${show(shape)}`),
  );
}

const copyOf = (tensor: Tensor): Tensor => {
  const copy = tensor.backend.empty(tensor.shape);
  copyInto(tensor, copy);
  return copy;
};

/** A copy in the official layout. */
function official(tensor: Tensor, transposed: boolean | undefined): Tensor {
  if (tensor instanceof KeyValueCache) return tensor.byRow();
  return transposed ? transposeLast(tensor) : tensor;
}

/** Bytes of the state of `B` rows that have read `length` steps. */
export function stateBytes(fields: readonly StateFields[], B = 1, length = 1): number {
  return fields
    .flatMap(Object.values)
    .reduce(
      (sum, { shape, grows }: StateField) =>
        sum + 4 * B * product(shape) * (grows === undefined ? 1 : Math.min(length, grows)),
      0,
    );
}

/** Whether the size of the state depends on the number of steps read. */
export function stateGrows(fields: readonly StateFields[]): boolean {
  return fields.flatMap(Object.values).some(({ grows }: StateField) => grows !== undefined);
}
