import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource, fileSource } from '../../src/formats/byteSource.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import { openTorch } from '../../src/formats/torch.ts';
import { type Code, py, storageCode, tensorCode, torchBytes } from './torchWriter.ts';

const golden = fileURLToPath(new URL('../../../../test/fixtures/golden/', import.meta.url));
const open = (bytes: Uint8Array) => openTorch(bytesSource('test', bytes));
const six = Float32Array.of(0, 1, 2, 3, 4, 5);
const matrix = tensorCode({ elements: 6, shape: [2, 3], strides: [3, 1] });

describe('torch checkpoints', () => {
  it('holds the same tensors as the official safetensors file', async () => {
    const torch = await openTorch(await fileSource(`${golden}mamba-tiny/pytorch_model.bin`));
    const safe = await openSafetensors(await fileSource(`${golden}mamba-tiny/model.safetensors`));
    expect(torch.tensors.size).toBeGreaterThan(0);
    for (const name of safe.tensors.keys()) {
      expect(await torch.read(name)).toEqual(await safe.read(name));
    }
    // The tied head shares the storage of the embedding.
    expect(await torch.read('lm_head.weight')).toEqual(await torch.read('backbone.embedding.weight'));
    await torch.close();
    await safe.close();
  });

  it('reads the official RWKV-4 file', async () => {
    const file = await openTorch(await fileSource(`${golden}rwkv4-tiny/model.pth`));
    expect(file.tensors.get('emb.weight')?.dtype).toBe('F32');
    for (const [name, { shape }] of file.tensors) {
      const { data } = await file.read(name);
      expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      expect(data.every(Number.isFinite)).toBe(true);
    }
    await file.close();
  });

  it('follows strides, offsets and shared storages', async () => {
    const view = (offset: number, shape: number[], strides: number[]) =>
      tensorCode({ elements: 6, offset, shape, strides });
    const root = py.dict(
      ['matrix', matrix],
      ['transposed', view(0, [3, 2], [1, 3])],
      ['column', view(1, [2], [3])],
      ['row', view(3, [3], [1])],
      ['expanded', view(5, [2, 2], [0, 0])],
      ['scalar', view(4, [], [])],
      ['empty', view(0, [0, 3], [3, 1])],
    );
    const file = await open(torchBytes(root, { 0: six }));
    const values = async (name: string) => [...(await file.read(name)).data];
    expect(await values('matrix')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await values('transposed')).toEqual([0, 3, 1, 4, 2, 5]);
    expect(await values('column')).toEqual([1, 4]);
    expect(await values('row')).toEqual([3, 4, 5]);
    expect(await values('expanded')).toEqual([5, 5, 5, 5]);
    expect(await file.read('scalar')).toEqual({ shape: [], data: Float32Array.of(4) });
    expect(await file.read('empty')).toEqual({ shape: [0, 3], data: new Float32Array(0) });
  });

  it('reads any permutation of any shape', async () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    const cases = shapes.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([shape, order]) => {
        const elements = shape.reduce((product, size) => product * size, 1);
        const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
        const code = tensorCode({
          type: 'ShortStorage',
          elements,
          shape: order.map((dim) => shape[dim]),
          strides: order.map((dim) => strides[dim]),
        });
        const storage = Int16Array.from({ length: elements }, (_, i) => i);
        const file = await open(torchBytes(py.dict(['x', code]), { 0: storage }));
        const { data } = await file.readInts('x');
        for (let i = 0; i < elements; i++) {
          let rest = i;
          let at = 0;
          for (const dim of [...order].reverse()) {
            at += (rest % shape[dim]) * strides[dim];
            rest = Math.floor(rest / shape[dim]);
          }
          expect(data[i]).toBe(at);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['DoubleStorage', 'F64', Float64Array.of(1.5, -2)],
    ['HalfStorage', 'F16', Uint16Array.of(0x3e00, 0xc000)],
    ['BFloat16Storage', 'BF16', Uint16Array.of(0x3fc0, 0xc000)],
    ['FloatStorage', 'F32', Float32Array.of(1.5, -2)],
  ])('reads %s', async (type, dtype, storage) => {
    const code = tensorCode({ type, elements: 2, shape: [2], strides: [1] });
    const file = await open(torchBytes(py.dict(['x', code]), { 0: storage }));
    expect(file.tensors.get('x')?.dtype).toBe(dtype);
    expect((await file.read('x')).data).toEqual(Float32Array.of(1.5, -2));
  });

  it('reads integers', async () => {
    const code = tensorCode({ type: 'LongStorage', elements: 2, shape: [2], strides: [1] });
    const file = await open(torchBytes(py.dict(['x', code]), { 0: BigInt64Array.of(-5n, 6n) }));
    expect((await file.readInts('x')).data).toEqual(Int32Array.of(-5, 6));
  });

  it('reads big-endian files', async () => {
    const swapped = new Uint8Array(six.slice().buffer);
    for (let at = 0; at < swapped.length; at += 4) swapped.subarray(at, at + 4).reverse();
    const root = py.dict(['x', matrix]);
    const file = await open(torchBytes(root, { 0: swapped }, { byteOrder: 'big' }));
    expect((await file.read('x')).data).toEqual(six);
  });

  it.each([
    ['zip64', { zip64: true }],
    ['little-endian', { byteOrder: 'little' }],
  ])('reads %s archives', async (_, options) => {
    const file = await open(torchBytes(py.dict(['x', matrix]), { 0: six }, options));
    expect((await file.read('x')).data).toEqual(six);
  });

  it.each(['model', 'state_dict', 'model_state_dict', 'module'])(
    'finds the model under %s, next to optimiser and epoch',
    async (key) => {
      const root = py.dict(
        ['epoch', py.int(3)],
        ['lr', py.float(0.5)],
        ['note', py.text('best')],
        [key, py.orderedDict(['conv.weight', matrix])],
        ['optimizer', py.dict(['state', py.dict([py.int(0), matrix])])],
      );
      const file = await open(torchBytes(root, { 0: six }));
      expect([...file.tensors.keys()]).toEqual(['conv.weight']);
      expect(file.metadata).toEqual({ epoch: '3', lr: '0.5', note: 'best' });
    },
  );

  it('joins the names of nested dicts and lists', async () => {
    const root = py.dict(['conv', py.dict(['weight', matrix])], ['layers', py.list(matrix)]);
    const file = await open(torchBytes(root, { 0: six }));
    expect([...file.tensors.keys()]).toEqual(['conv.weight', 'layers.0']);
  });

  it('reads parameters, untyped storages and the version table of a state dict', async () => {
    const parameter = py.call('torch._utils', '_rebuild_parameter', [matrix, py.bool(true), py.orderedDict()]);
    const marked = py.call('torch._utils', '_rebuild_parameter_with_state', [
      matrix,
      py.bool(true),
      py.orderedDict(),
      py.dict(['_no_weight_decay', py.bool(true)]),
    ]);
    const untyped = py.call('torch._utils', '_rebuild_tensor_v3', [
      storageCode(py.global('torch.storage', 'UntypedStorage'), '1', 4),
      py.int(0),
      py.tuple(py.int(2)),
      py.tuple(py.int(1)),
      py.bool(false),
      py.orderedDict(),
      py.global('torch', 'uint16'),
    ]);
    const versions = py.dict(['_metadata', py.orderedDict()]);
    const dict = py.orderedDict(['p', parameter], ['m', marked], ['u', untyped]);
    const root: Code = [...dict, ...versions, 0x62];
    const file = await open(torchBytes(root, { 0: six, 1: Uint16Array.of(7, 65535) }));
    expect((await file.read('p')).data).toEqual(six);
    expect((await file.read('m')).data).toEqual(six);
    expect((await file.readInts('u')).data).toEqual(Int32Array.of(7, 65535));
  });

  it('reads the opcodes of protocol 4', async () => {
    const short = (text: string) => [0x8c, text.length, ...new TextEncoder().encode(text)];
    const ordered = [...short('collections'), ...short('OrderedDict'), 0x93, 0x94, 0x29, 0x52];
    // The dict is memo 1: 0x94 MEMOIZE, 0x68 BINGET.
    const root = [0x80, 4, 0x95, ...Array(8).fill(0), ...ordered, 0x94, ...short('x'), ...matrix];
    const file = await open(torchBytes([...root, 0x73, 0x68, 1], { 0: six }));
    expect((await file.read('x')).data).toEqual(six);
  });
});
