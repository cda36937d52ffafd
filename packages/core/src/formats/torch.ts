/**
 * torch checkpoints (pytorch_model.bin, .pt, .pth): a zip archive of one pickle and one entry per storage.
 *
 * The pickle runs on a machine that can only build data (pickle.ts). A checkpoint that uses Python names outside of the
 * list in torchGlobals.ts is refused.
 */

import { UsageError } from '../errors.ts';
import { shown } from '../schema/shown.ts';
import type { ByteSource } from './byteSource.ts';
import { DTYPE_BYTES, toFloat32, toInt32 } from './dtypes.ts';
import { type PickleDict, type PickleValue, unpickle } from './pickle.ts';
import { gather, isContiguous, swapBytes } from './strided.ts';
import { checkName, elementCount, findTensor, type TensorFile, type TensorValues } from './tensorFile.ts';
import { storageOf, type TorchStorage, TorchTensor, torchGlobals } from './torchGlobals.ts';
import { openZip, type ZipArchive } from './zip.ts';

/** The pickle holds names and shapes: some hundred KiB for a large model. */
const MAX_PICKLE_BYTES = 2 ** 25;
/** The keys under which training scripts save the model, next to the optimiser and the epoch. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model', 'module'];
const MAX_DEPTH = 16;
/** Values in a checkpoint, counted while names are collected, since shared dicts can multiply them. */
const MAX_VALUES = 1_000_000;

/** An open torch checkpoint. Tensors are read from the source one at a time. */
export class TorchFile implements TensorFile {
  readonly name: string;

  constructor(
    private readonly source: ByteSource,
    private readonly zip: ZipArchive,
    /** Numbers and texts next to the tensors, as text. */
    readonly metadata: Readonly<Record<string, string>>,
    readonly tensors: ReadonlyMap<string, TorchTensor>,
    private readonly layout: TorchLayout,
  ) {
    this.name = source.name;
  }

  /** A tensor of any dtype, converted to f32, whatever its strides. */
  async read(name: string): Promise<TensorValues<Float32Array>> {
    const tensor = findTensor(this.name, this.tensors, name);
    return { shape: [...tensor.shape], data: toFloat32(tensor.dtype, await this.bytes(tensor)) };
  }

  /** An integer tensor as i32. Throws UsageError for a float dtype and for a value that does not fit. */
  async readInts(name: string): Promise<TensorValues<Int32Array>> {
    const tensor = findTensor(this.name, this.tensors, name);
    const what = `${this.name}: tensor ${shown(name)}`;
    const data = toInt32(what, tensor.dtype, await this.bytes(tensor));
    return { shape: [...tensor.shape], data };
  }

  close(): Promise<void> {
    return this.source.close();
  }

  /** Row-major and little-endian. */
  private async bytes(tensor: TorchTensor): Promise<Uint8Array<ArrayBuffer>> {
    const { shape, strides, offset, storage, dtype } = tensor;
    const count = elementCount(this.name, shape);
    if (count === 0) return new Uint8Array(0);
    const size = DTYPE_BYTES[dtype];
    const span = 1 + shape.reduce((sum, length, i) => sum + (length - 1) * strides[i], 0);
    const entry = `${this.layout.folder}data/${storage.key}`;
    const held = await this.zip.read(entry, offset * size, span * size);
    const bytes = isContiguous(shape, strides) ? held : gather(held, size, shape, strides);
    return this.layout.bigEndian ? swapBytes(bytes, size) : bytes;
  }
}

interface TorchLayout {
  /** Ends with a slash. */
  readonly folder: string;
  readonly bigEndian: boolean;
}

/**
 * Reads the names, shapes and positions of the tensors. Throws UsageError for anything but a dict of tensors.
 *
 * @example
 * const file = await openTorch(await fileSource('pytorch_model.bin'));
 * const { shape, data } = await file.read('backbone.embedding.weight');
 */
export async function openTorch(source: ByteSource): Promise<TorchFile> {
  const file = source.name;
  const zip = await openZip(source);
  const layout = await findLayout(file, zip);
  const pickleName = `${layout.folder}data.pkl`;
  const pickleBytes = zip.size(pickleName) ?? 0;
  if (pickleBytes > MAX_PICKLE_BYTES) {
    throw new UsageError(
      file,
      `its pickle has ${pickleBytes} bytes, expected at most ${MAX_PICKLE_BYTES}. ` +
        'Save only the tensors: torch.save(model.state_dict()).',
    );
  }
  const globals = torchGlobals(file);
  const root = unpickle(await zip.read(pickleName), {
    what: file,
    globals,
    persistentLoad: (id) => {
      const storage = storageOf(file, id);
      checkStorage(file, zip, layout, storage);
      return storage;
    },
  });
  if (!(root instanceof Map)) {
    const got = root instanceof TorchTensor ? 'a single tensor' : shown(root);
    throw new UsageError(
      '',
      `${file} holds ${got}, expected a dict of tensors. Save it with torch.save(model.state_dict()).`,
    );
  }
  const { metadata, tensors } = collect(file, root);
  return new TorchFile(source, zip, metadata, tensors, layout);
}

async function findLayout(file: string, zip: ZipArchive): Promise<TorchLayout> {
  const pickles = zip.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new UsageError(
      '',
      `${file} is a zip with ${pickles.length} entries <name>/data.pkl, expected 1. ` +
        'It is not a torch checkpoint: check the path.',
    );
  }
  const folder = pickles[0].slice(0, -'data.pkl'.length);
  const orderName = `${folder}byteorder`;
  const orderBytes = zip.size(orderName);
  if (orderBytes === undefined) return { folder, bigEndian: false };
  const order = new TextDecoder().decode(await zip.read(orderName, 0, Math.min(orderBytes, 8)));
  if (order !== 'little' && order !== 'big') {
    throw new UsageError(
      '',
      `${file} has byte order ${shown(order)}, expected "little" or "big". The file is damaged: get it again.`,
    );
  }
  return { folder, bigEndian: order === 'big' };
}

function checkStorage(file: string, zip: ZipArchive, { folder }: TorchLayout, { key, bytes }: TorchStorage): void {
  const held = zip.size(`${folder}data/${key}`);
  if (held === bytes) return;
  throw new UsageError(
    file,
    `storage ${shown(key)} has ${held ?? 'no'} bytes, expected ${bytes}. ` +
      'The file is truncated or damaged: get it again.',
  );
}

interface Collected {
  metadata: Record<string, string>;
  tensors: Map<string, TorchTensor>;
}

/** Flattens the nested dicts and lists of the model into names joined by dots. */
function collect(file: string, root: PickleDict): Collected {
  const metadata = new Map<string, string>();
  const tensors = new Map<string, TorchTensor>();
  let values = 0;

  const visit = (path: string, value: PickleValue, depth: number): void => {
    if (++values > MAX_VALUES || depth > MAX_DEPTH) {
      throw new UsageError(
        '',
        `${file} has more than ${MAX_VALUES} values or dicts nested deeper than ${MAX_DEPTH}. ` +
          'Save only the tensors: torch.save(model.state_dict()).',
      );
    }
    if (value instanceof TorchTensor) {
      checkName(`${file}: a tensor`, path);
      if (tensors.has(path)) {
        throw new UsageError('', `${file} has two tensors named ${shown(path)}. Rename one of them.`);
      }
      tensors.set(path, value);
    } else if (value instanceof Map) {
      for (const [key, item] of value) visit(path ? `${path}.${key}` : `${key}`, item, depth + 1);
    } else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) visit(`${path}.${i}`, item, depth + 1);
    } else if (typeof value !== 'object') {
      checkName(`${file}: a value`, path);
      metadata.set(path, String(value));
    }
  };

  let dict = root;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const inner = wrapped(dict);
    if (!inner) break;
    for (const [key, value] of dict) {
      if (typeof value !== 'object') visit(`${key}`, value, depth);
    }
    dict = inner;
  }
  visit('', dict, 0);
  if (tensors.size === 0) {
    throw new UsageError('', `${file} holds no tensors, expected a checkpoint. Check the path.`);
  }
  return { metadata: Object.fromEntries(metadata), tensors };
}

/** The dict of the model inside of a training checkpoint; undefined if `dict` is the model itself. */
function wrapped(dict: PickleDict): PickleDict | undefined {
  if ([...dict.values()].some((value) => value instanceof TorchTensor)) return undefined;
  const name = WRAPPERS.find((key) => dict.get(key) instanceof Map);
  return name === undefined ? undefined : (dict.get(name) as PickleDict);
}
