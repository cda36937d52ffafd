/**
 * The Python names that a torch checkpoint may use, and the tensors that they build.
 * A tensor is a strided view of a storage, and the storage is an entry of the zip archive.
 */

import { UsageError } from '../errors.ts';
import { shown } from '../schema/shown.ts';
import { DTYPE_BYTES, type Dtype } from './dtypes.ts';
import { type PickleDict, PickleGlobal, PickleObject, type PickleValue } from './pickle.ts';
import { elementCount, type TensorInfo } from './tensorFile.ts';

/** The bytes of one or more tensors. */
export class TorchStorage extends PickleObject {
  constructor(
    /** The entry of the archive is 'data/<key>'. */
    readonly key: string,
    /** Undefined for a storage of plain bytes, whose tensors have their own dtypes. */
    readonly dtype: Dtype | undefined,
    readonly bytes: number,
  ) {
    super();
  }
}

/** Offset and strides are in elements. */
export class TorchTensor extends PickleObject implements TensorInfo {
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: Dtype,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** The maximum size of a tensor that repeats its storage (stride 0), as only an attack exceeds it. */
const MAX_EXPANDED = 2 ** 24;
const DAMAGED = 'The file is damaged: get it again.';

const STORAGE_DTYPES: Record<string, Dtype> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

const TORCH_DTYPES: Record<string, Dtype> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
};

class StorageType extends PickleGlobal {
  constructor(
    name: string,
    readonly dtype: Dtype | undefined,
  ) {
    super(name);
  }
}

class TorchDtype extends PickleGlobal {
  constructor(
    name: string,
    readonly dtype: Dtype,
  ) {
    super(name);
  }
}

/** The allow-list, by 'module.name'. `what` begins errors. */
export function torchGlobals(what: string): ReadonlyMap<string, PickleGlobal> {
  const globals = [
    new PickleGlobal('collections.OrderedDict', (args) => orderedDict(what, args)),
    new PickleGlobal('torch._utils._rebuild_tensor_v2', (args) => rebuildTensor(what, args)),
    new PickleGlobal('torch._utils._rebuild_tensor_v3', (args) => rebuildTensor(what, args, true)),
    new PickleGlobal('torch._utils._rebuild_parameter', (args) => parameter(what, args)),
    new PickleGlobal('torch._utils._rebuild_parameter_with_state', (args) => parameter(what, args)),
    new PickleGlobal('torch.Size', ([sizes]) => sizes ?? []),
    new StorageType('torch.UntypedStorage', undefined),
    new StorageType('torch.storage.UntypedStorage', undefined),
    ...Object.entries(STORAGE_DTYPES).map(([name, dtype]) => new StorageType(`torch.${name}`, dtype)),
    ...Object.entries(TORCH_DTYPES).map(([name, dtype]) => new TorchDtype(`torch.${name}`, dtype)),
  ];
  return new Map(globals.map((global) => [global.name, global]));
}

/** The storage of a persistent id: ('storage', type, key, location, elements). */
export function storageOf(what: string, id: PickleValue): TorchStorage {
  if (Array.isArray(id)) {
    const [kind, type, key, , elements] = id;
    if (kind === 'storage' && type instanceof StorageType && typeof key === 'string' && isCount(elements)) {
      const bytes = elements * (type.dtype ? DTYPE_BYTES[type.dtype] : 1);
      return new TorchStorage(key, type.dtype, bytes);
    }
  }
  throw new UsageError(
    '',
    `${what} has the persistent id ${shown(id)}, ` + `expected ("storage", type, key, location, elements). ${DAMAGED}`,
  );
}

/** (storage, offset, shape, strides, requires_grad, hooks[, dtype]): only v3 has a dtype. */
function rebuildTensor(what: string, args: PickleValue[], hasDtype = false): TorchTensor {
  const [storage, offset, shape, strides, , , type] = args;
  const dtype = hasDtype ? type instanceof TorchDtype && type.dtype : storage instanceof TorchStorage && storage.dtype;
  const count = elementCount(`${what}: a tensor`, shape);
  const sizes = shape as number[];
  const sameRank = Array.isArray(strides) && strides.length === sizes.length;
  if (!(storage instanceof TorchStorage) || !dtype || !isCount(offset) || !sameRank || !strides.every(isCount)) {
    throw new UsageError(
      '',
      `${what} has a tensor of shape ${shown(shape)} with offset ${shown(offset)} and strides ` +
        `${shown(strides)}, expected a storage, a dtype and whole numbers ≥ 0. ${DAMAGED}`,
    );
  }
  const steps = strides as number[];
  const last = sizes.reduce((sum, size, i) => sum + (size - 1) * steps[i], offset);
  const held = Math.floor(storage.bytes / DTYPE_BYTES[dtype]);
  if (count > 0 && last >= held) {
    throw new UsageError(
      '',
      `${what} has a tensor of shape ${shown(shape)} that reaches element ${last} ` +
        `of its storage ${shown(storage.key)}, which has ${held}. ${DAMAGED}`,
    );
  }
  if (count > Math.max(held, MAX_EXPANDED)) {
    throw new UsageError(
      '',
      `${what} has a tensor of shape ${shown(shape)} on a storage of ${held} elements, ` +
        `expected at most ${MAX_EXPANDED} elements repeated. Save tensor.contiguous() instead.`,
    );
  }
  return new TorchTensor(storage, dtype, offset, sizes, steps);
}

function parameter(what: string, [tensor]: PickleValue[]): TorchTensor {
  if (tensor instanceof TorchTensor) return tensor;
  throw new UsageError('', `${what} has a parameter that is not a tensor. ${DAMAGED}`);
}

/** Empty, or made from a list of pairs, as Python 2 wrote it. */
function orderedDict(what: string, [pairs = []]: PickleValue[]): PickleDict {
  const dict: PickleDict = new Map();
  for (const pair of Array.isArray(pairs) ? pairs : [pairs]) {
    const [key, value] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof key !== 'string') {
      throw new UsageError('', `${what} has an OrderedDict of ${shown(pairs)}, expected pairs. ${DAMAGED}`);
    }
    dict.set(key, value);
  }
  return dict;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
