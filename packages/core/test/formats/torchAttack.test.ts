import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../src/formats/byteSource.ts';
import { openTorch } from '../../src/formats/torch.ts';
import {
  type Code,
  type Entry,
  py,
  storageCode,
  type TensorCode,
  tensorCode,
  torchBytes,
  zipBytes,
} from './torchWriter.ts';

const golden = new URL('../../../../test/fixtures/golden/mamba-tiny/pytorch_model.bin', import.meta.url);
const open = (bytes: Uint8Array) => openTorch(bytesSource('test', bytes));
const six = new Float32Array(6);
const tensor = (changes: Partial<TensorCode>) =>
  tensorCode({ elements: 6, shape: [2, 3], strides: [3, 1], ...changes });
const matrix = tensor({});
const holding = (code: Code) => py.dict(['x', code]);
/** Tuples of ten times the tuple below: small to write, endless to print or to walk. */
const bomb = (depth: number): Code => {
  if (depth === 0) return [...py.list(matrix), 0x71, 0];
  const again = Array.from({ length: 9 }, () => [0x68, depth - 1]).flat();
  return [0x28, ...bomb(depth - 1), ...again, 0x74, 0x71, depth];
};

async function refusal(bytes: Uint8Array): Promise<string> {
  const message = await open(bytes).then(
    () => 'it was read',
    (error: Error) => error.message,
  );
  expect(message).toMatch(/^test.*\.$/s);
  expect(message.length).toBeLessThan(600);
  return message;
}

describe('pickle attacks', () => {
  const system = py.call('os', 'system', [py.text('true')]);
  const cases: [name: string, root: Code, error: string][] = [
    ['os.system', holding(system), 'needs the Python global "os.system"'],
    ['eval', py.call('builtins', 'eval', [py.text('1')]), '"builtins.eval"'],
    ['torch.load', py.call('torch', 'load', []), '"torch.load"'],
    ['a numpy scalar', py.global('numpy.core.multiarray', 'scalar'), '"numpy.core.multiarray.scalar"'],
    ['a class of the script', py.global('__main__', 'Config'), '"__main__.Config"'],
    ['a call of a type', py.call('torch', 'FloatStorage', []), 'calls "torch.FloatStorage"'],
    ['a call of a text', [...py.text('f'), ...py.tuple(), 0x52], 'calls "string"'],
    ['NEWOBJ', [...py.global('collections', 'OrderedDict'), ...py.tuple(), 0x81], 'NEWOBJ'],
    ['INST', [0x28, 0x69, 0x61, 0x0a, 0x62, 0x0a], 'opcode INST'],
    ['an unknown opcode', [0xff], 'opcode 0xff'],
    ['protocol 9', [0x80, 9], 'has pickle protocol 9, expected at most 5'],
    ['attributes of a tensor', [...matrix, ...py.dict(), 0x62], 'sets the attributes of an object'],
    ['a global named by a list', [...py.list(), ...py.text('x'), 0x93], 'by a value that is not a text'],
    ['an empty stack', [], 'pops from an empty stack'],
    ['a stack below its mark', [...py.none, 0x28, 0x85], 'pops from an empty stack'],
    ['no mark', [0x74], 'pops to a missing mark'],
    ['an unknown memo', [0x68, 7], 'reads memo 7'],
    ['a key without value', [0x7d, 0x28, ...py.text('x'), 0x75], 'has a key without a value'],
    ['a tuple as key', [0x7d, ...py.tuple(), ...py.none, 0x73], 'has a key that is not a scalar'],
    ['an item of a list', [0x5d, ...py.none, ...py.none, 0x73], 'of a value that is not a dict'],
    ['append to a dict', [0x7d, ...py.none, 0x61], 'appends to a value that is not a list'],
    ['a huge integer', py.long(0, 0, 0, 0, 0, 0, 0, 0, 1), 'has the integer'],
    ['a text beyond the file', [0x58, 0xff, 0xff, 0xff, 0xff], 'ends too early'],
    ['a text that is not UTF-8', [0x58, 1, 0, 0, 0, 0xff], 'not UTF-8'],
    ['a name without end', [0x63, 0x61], 'ends inside a name'],
    ['a wrong persistent id', holding([...py.text('0'), 0x51]), 'has the persistent id "0"'],
    ['an id of a bomb', [...bomb(30), 0x51], 'has the persistent id'],
    ['a walk of a bomb', holding(bomb(12)), 'values or dicts nested deeper'],
    ['a dict in itself', [0x7d, 0x71, 0, ...py.text('a'), 0x68, 0, 0x73], 'nested deeper than 16'],
    ['a model in itself', [0x7d, 0x71, 0, ...py.text('model'), 0x68, 0, 0x73], 'deeper than 16'],
    ['a number', py.int(3), 'holds 3, expected a dict of tensors'],
    ['a tensor alone', matrix, 'holds a single tensor'],
    ['no tensors', py.dict(['epoch', py.int(1)]), 'holds no tensors'],
    ['__proto__', py.dict(['__proto__', matrix]), 'reserved'],
    ['__proto__ as a value', py.dict(['__proto__', py.int(1)], ['x', matrix]), 'reserved'],
    ['one name twice', py.dict(['a.b', matrix], ['a', py.dict(['b', matrix])]), 'two tensors named'],
    ['a parameter of nothing', py.call('torch._utils', '_rebuild_parameter', []), 'is not a tensor'],
    ['an OrderedDict of 3', py.call('collections', 'OrderedDict', [py.int(3)]), 'expected pairs'],
    ['a negative shape', holding(tensor({ shape: [-2, 3] })), 'has shape [-2, 3]'],
    ['negative strides', holding(tensor({ strides: [-3, 1] })), 'strides [-3, 1]'],
    ['missing strides', holding(tensor({ strides: [1] })), 'strides [1]'],
    ['a negative offset', holding(tensor({ offset: -1 })), 'offset -1'],
    ['an offset too far', holding(tensor({ offset: 1 })), 'reaches element 6 of its storage "0"'],
    ['a stride too far', holding(tensor({ strides: [4, 1] })), 'reaches element 6'],
    ['a huge expansion', holding(tensor({ shape: [2 ** 30], strides: [0] })), 'elements repeated'],
    ['an overflow', holding(tensor({ shape: [2 ** 30, 2 ** 30], strides: [0, 0] })), '2⁵⁰'],
    ['a longer storage', holding(tensor({ elements: 7 })), 'has 24 bytes, expected 28'],
    ['another dtype', holding(tensor({ type: 'HalfStorage' })), 'has 24 bytes, expected 12'],
    ['a missing storage', holding(tensor({ key: '9' })), 'storage "9" has no bytes'],
    ['complex numbers', holding(tensor({ type: 'ComplexFloatStorage' })), 'torch.ComplexFloatStorage'],
    [
      'a storage without dtype',
      holding(
        py.call('torch._utils', '_rebuild_tensor_v2', [
          storageCode(py.global('torch', 'UntypedStorage'), '0', 24),
          py.int(0),
          py.tuple(py.int(6)),
          py.tuple(py.int(1)),
        ]),
      ),
      'expected a storage, a dtype',
    ],
  ];

  it.each(cases)('refuses %s', async (_, root, error) => {
    expect(await refusal(torchBytes(root, { 0: six }))).toContain(error);
  });

  it('refuses a byte order of its own', async () => {
    const bytes = torchBytes(holding(matrix), { 0: six }, { byteOrder: 'middle-endian' });
    expect(await refusal(bytes)).toContain('has byte order "middle-e"');
  });
});

describe('zip attacks', () => {
  const pickle: Entry = { name: 'm/data.pkl', bytes: py.program(holding(matrix)) };
  const storage: Entry = { name: 'm/data/0', bytes: new Uint8Array(24) };
  const whole = zipBytes([pickle, storage]);

  const cases: [name: string, bytes: Uint8Array, error: string][] = [
    ['nothing', zipBytes([]), 'is a zip with 0 entries <name>/data.pkl'],
    ['two pickles', zipBytes([pickle, { ...pickle, name: 'n/data.pkl' }]), 'is a zip with 2'],
    ['a compressed entry', zipBytes([{ ...pickle, method: 8 }, storage]), 'compressed or encrypted'],
    ['an encrypted entry', zipBytes([{ ...pickle, flags: 1 }, storage]), 'compressed or encrypted'],
    ['one name twice', zipBytes([pickle, storage, storage]), 'the zip entry "m/data/0" twice'],
    ['an entry too long', zipBytes([pickle, { ...storage, size: 9999 }]), 'reaches beyond'],
    ['overlapping entries', zipBytes([pickle, { ...storage, offset: 0 }]), 'reaches beyond'],
    ['an offset too far', zipBytes([pickle, { ...storage, offset: 99999 }]), 'reaches beyond'],
    ['bytes in front', Uint8Array.from([1, 2, 3, ...whole]), 'the zip directory is'],
    ['bytes behind', Uint8Array.from([...whole, 0]), 'has no zip end record'],
    ['a cut end', whole.slice(0, -1), 'has no zip end record'],
    ['no bytes', new Uint8Array(0), 'has no zip end record'],
    ['another local name', zipBytes([{ ...pickle, localName: 'm/data.pkx' }, storage]), 'differs'],
    ['a local name too long', zipBytes([{ ...pickle, localName: 'm/data.pklx' }, storage]), 'differs'],
  ];

  it.each(cases)('refuses %s', async (_, bytes, error) => {
    expect(await refusal(bytes)).toContain(error);
  });

  it('reads a zip with a comment, whatever it says', async () => {
    const bytes = zipBytes([pickle, storage], {
      comment: 'PK\x05\x06 and more than 22 characters',
    });
    expect((await open(bytes)).tensors.size).toBe(1);
  });

  it('refuses a zip64 record that differs', async () => {
    const bytes = zipBytes([pickle, storage], { zip64: true });
    bytes[bytes.length - 22 + 10] = 7; // the count of the end record
    bytes[bytes.length - 22 + 11] = 0;
    expect(await refusal(bytes)).toContain('the zip64 record and the zip end record differ');
  });

  it('refuses or reads any damaged checkpoint, and never anything else', async () => {
    const official = new Uint8Array(await readFile(golden));
    const small = zipBytes([pickle, storage], { zip64: true });
    const damage = fc.tuple(fc.nat(small.length - 1), fc.nat(255), fc.nat(4000), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(damage, async ([at, value, officialAt, officialValue]) => {
        const a = small.slice();
        a[at] = value;
        const b = official.slice();
        b[officialAt] = officialValue;
        for (const bytes of [a, b]) {
          try {
            const file = await open(bytes);
            for (const name of file.tensors.keys()) await file.read(name);
          } catch (error) {
            expect((error as Error).message).toMatch(/^test/);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
