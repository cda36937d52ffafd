import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource, fileSource } from '../../src/formats/byteSource.ts';
import { floatToHalf, toFloat32 } from '../../src/formats/dtypes.ts';
import {
  encodeSafetensors,
  openSafetensors,
  safetensorsBytes,
  type TensorToWrite,
} from '../../src/formats/safetensors.ts';
import { attacks, safetensorsFile } from './attacks.ts';

const golden = fileURLToPath(new URL('../../../../test/fixtures/golden/mamba-tiny/', import.meta.url));
const open = (bytes: Uint8Array) => openSafetensors(bytesSource('test', bytes));
const headerOf = (bytes: Uint8Array) => {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return { length, json: new TextDecoder().decode(bytes.subarray(8, 8 + length)) };
};

/** One tensor 'x' of `bytes`. */
function one(dtype: string, shape: number[], data: ArrayBufferView): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const header = { x: { dtype, shape, data_offsets: [0, raw.length] } };
  const bytes = safetensorsFile(header, raw.length);
  bytes.set(raw, bytes.length - raw.length);
  return bytes;
}

const tensors = fc
  .uniqueArray(
    fc
      .string({ unit: 'grapheme' })
      .filter((name) => !['__proto__', 'constructor', 'prototype', '__metadata__'].includes(name)),
    { maxLength: 6 },
  )
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc
          .tuple(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }), fc.boolean())
          .map(([shape, ints]): TensorToWrite => {
            const count = shape.reduce((product, size) => product * size, 1);
            const values = Array.from({ length: count }, (_, i) => i * 3 - 7);
            return {
              name,
              shape,
              data: ints ? Int32Array.from(values) : Float32Array.from(values),
            };
          }),
      ),
    ),
  );
const metadata = fc.dictionary(
  fc.string().filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key)),
  fc.string(),
  { noNullPrototype: true },
);

describe('safetensors', () => {
  it('reads what it writes', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, metadata, async (written, meta) => {
        const bytes = safetensorsBytes(written, meta);
        expect((8 + headerOf(bytes).length) % 8).toBe(0);
        const file = await open(bytes);
        expect(file.metadata).toEqual(meta);
        expect(file.tensors.size).toBe(written.length);
        for (const { name, shape, data } of written) {
          const read = data instanceof Int32Array ? file.readInts(name) : file.read(name);
          expect(await read).toEqual({ shape, data });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('writes names in the order given, numbers among them', async () => {
    const data = new Float32Array(1);
    const list = ['b', '10', '2', 'a'].map((name) => ({ name, shape: [1], data }));
    const bytes = safetensorsBytes(list);
    expect(headerOf(bytes).json.match(/"(b|10|2|a)"/g)).toEqual(['"b"', '"10"', '"2"', '"a"']);
    expect([...(await open(bytes)).tensors.keys()]).toEqual(['b', '10', '2', 'a']);
  });

  it('yields views of the data, not copies, and can be read twice', () => {
    const data = new Float32Array(8).subarray(2, 6);
    const chunks = encodeSafetensors([{ name: 'a', shape: [4], data }]);
    expect([...chunks][1].buffer).toBe(data.buffer);
    expect([...chunks]).toEqual([...chunks]);
  });

  it('rounds to the nearest F16', async () => {
    // Every f16 but NaN is kept.
    const halves = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter((half) => (half & 0x7fff) <= 0x7c00);
    const values = toFloat32('F16', new Uint8Array(halves.buffer));
    expect(floatToHalf(values)).toEqual(halves);
    // Halfway between two of them, the even one is taken; beyond, the nearer one.
    const finite = values.filter((x) => x >= 0 && x < 65504);
    const between = finite.map((x, i) => (x + values[i + 1]) / 2);
    expect(floatToHalf(between)).toEqual(halves.subarray(0, finite.length).map((half) => half + (half & 1)));
    const above = between.map((x) => x * (1 + 2e-7) + 1e-12);
    expect(floatToHalf(above)).toEqual(halves.subarray(0, finite.length).map((half) => half + 1));
    const [large, small, nan] = floatToHalf(Float32Array.of(-65520, 1e-9, Number.NaN));
    expect([large, small, nan & 0x7e00]).toEqual([0xfc00, 0, 0x7e00]);

    const bytes = safetensorsBytes([{ name: 'x', shape: [3], data: Float32Array.of(1, 1.0003, -2 / 3), dtype: 'F16' }]);
    const read = await (await open(bytes)).read('x');
    expect(read.data).toEqual(Float32Array.of(1, 1, -0.66650390625));
    expect(headerOf(bytes).json).toContain('"dtype":"F16"');
  });

  it('gives a copy of the data', async () => {
    const bytes = safetensorsBytes([{ name: 'a', shape: [2], data: Float32Array.of(1, 2) }]);
    const file = await open(bytes);
    (await file.read('a')).data.fill(9);
    expect((await file.read('a')).data).toEqual(Float32Array.of(1, 2));
  });

  it('reads the official checkpoint, one tensor at a time', async () => {
    const file = await openSafetensors(await fileSource(`${golden}model.safetensors`));
    const { shape, data } = await file.read('backbone.embedding.weight');
    expect(shape).toEqual([64, 32]);
    const whole = await readFile(`${golden}model.safetensors`);
    const begin = 8 + headerOf(whole).length;
    expect(data[0]).toBe(whole.readFloatLE(begin));
    const bytes = await file.readBytes('backbone.embedding.weight');
    expect(Buffer.compare(bytes, whole.subarray(begin, begin + 64 * 32 * 4))).toBe(0);
    await file.close();
    await expect(file.read('backbone.embedding.weight')).rejects.toThrow('after close()');
  });

  it('names the nearest tensor where there is none of that name', async () => {
    const file = await open(one('F32', [1], new Float32Array(1)));
    await expect(file.read('X')).rejects.toThrow('test has no tensor "X". Did you mean "x"? It has 1 tensors.');
    await expect((await open(safetensorsFile('{}', 0))).read('x')).rejects.toThrow('no tensors');
  });

  it.each([
    ['F64', Float64Array.of(0.1, -2), [Math.fround(0.1), -2]],
    ['F32', Float32Array.of(0.5, Number.NaN), [0.5, Number.NaN]],
    [
      'F16',
      Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x83ff, 0x7bff, 0xfc00, 0x8000),
      [1, -2, 2 ** -24, -1023 * 2 ** -24, 65504, Number.NEGATIVE_INFINITY, -0],
    ],
    ['BF16', Uint16Array.of(0x3f80, 0xc000, 0x7f80), [1, -2, Number.POSITIVE_INFINITY]],
    ['I64', BigInt64Array.of(-3n, 2n ** 40n), [-3, 2 ** 40]],
    ['U64', BigUint64Array.of(2n ** 63n), [2 ** 63]],
    ['I32', Int32Array.of(-3, 7), [-3, 7]],
    ['U32', Uint32Array.of(0xffffffff), [2 ** 32]],
    ['I16', Int16Array.of(-3), [-3]],
    ['U16', Uint16Array.of(65535), [65535]],
    ['I8', Int8Array.of(-3, 4, 5), [-3, 4, 5]],
    ['U8', Uint8Array.of(255), [255]],
    ['BOOL', Uint8Array.of(0, 1, 2), [0, 1, 1]],
  ])('converts %s to f32', async (dtype, raw, expected) => {
    const file = await open(one(dtype, [raw.length], raw));
    expect((await file.read('x')).data).toEqual(Float32Array.from(expected));
  });

  it('reads integers as i32, and refuses what does not fit', async () => {
    const ints = (dtype: string, raw: ArrayBufferView, length: number) =>
      open(one(dtype, [length], raw)).then((file) => file.readInts('x'));
    expect((await ints('I64', BigInt64Array.of(-(2n ** 31n), 7n), 2)).data).toEqual(Int32Array.of(-(2 ** 31), 7));
    expect((await ints('BOOL', Uint8Array.of(0, 5), 2)).data).toEqual(Int32Array.of(0, 1));
    await expect(ints('I64', BigInt64Array.of(1n, 2n ** 31n), 2)).rejects.toThrow(
      'test: tensor "x" has 2147483648 at index 1, expected −2³¹ to 2³¹ − 1.',
    );
    await expect(ints('U32', Uint32Array.of(0x80000000), 1)).rejects.toThrow('at index 0');
    await expect(ints('F32', Float32Array.of(1), 1)).rejects.toThrow('is F32, expected integers');
  });

  it('refuses to write what it would not read', () => {
    const data = new Float32Array(2);
    const write = (...list: TensorToWrite[]) => encodeSafetensors(list);
    const a = { name: 'a', shape: [2], data };
    expect(() => write(a, a)).toThrow('safetensors: tensor "a" is given twice');
    expect(() => write({ ...a, shape: [3] })).toThrow('has 2 values, expected 3 for shape [3]');
    expect(() => write({ ...a, shape: [-2] })).toThrow('has shape [-2]');
    expect(() => write({ ...a, name: '__proto__' })).toThrow('reserved');
    expect(() => write({ ...a, name: '__metadata__' })).toThrow('the name of the metadata');
    const wrong = { step: 3 } as unknown as Record<string, string>;
    expect(() => encodeSafetensors([a], wrong)).toThrow('has 3 under "step", expected a text');
  });
});

describe('safetensors attacks', () => {
  it.each(attacks)('refuses $name', async ({ bytes, error }) => {
    const message = await open(bytes).then(
      () => 'it was read',
      (refusal: Error) => refusal.message,
    );
    expect(message).toContain(error);
    expect(message).toMatch(/^test.*\.$/);
    expect(message.length).toBeLessThan(400);
  });

  it('refuses a header over 100 MB before reading it', async () => {
    const reads: number[] = [];
    const source = {
      name: 'test',
      size: 2 ** 40,
      read: async (_: number, length: number) => {
        reads.push(length);
        const prefix = new Uint8Array(length);
        new DataView(prefix.buffer).setBigUint64(0, 100_000_001n, true);
        return prefix;
      },
      close: async () => {},
    };
    await expect(openSafetensors(source)).rejects.toThrow('the header length is 100000001, expected 2 to 100000000');
    expect(reads).toEqual([8]);
  });

  it('refuses or reads any damaged file, and never anything else', async () => {
    const whole = safetensorsBytes(
      [
        { name: 'a', shape: [2, 3], data: new Float32Array(6) },
        { name: 'b', shape: [], data: new Int32Array(1) },
      ],
      { format: 'mamba-ts' },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(whole.length),
        async (at, flip, end) => {
          const bytes = whole.slice();
          bytes[at] ^= flip;
          for (const damaged of [bytes, whole.subarray(0, end), bytes.subarray(0, end)]) {
            await open(damaged).then(
              async (file) => {
                for (const name of file.tensors.keys()) await file.read(name);
              },
              (error: Error) => expect(error.message).toMatch(/^test/),
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('refuses a file cut anywhere', async () => {
    const whole = safetensorsBytes([{ name: 'a', shape: [3], data: new Float32Array(3) }]);
    for (let end = 0; end < whole.length; end++) {
      await expect(open(whole.subarray(0, end))).rejects.toThrow('test');
    }
  });
});
