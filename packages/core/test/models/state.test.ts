import { describe, expect, it } from 'vitest';
import { backends } from '../../../../test/support/backends.ts';
import { expectIdentical } from '../../../../test/support/compare.ts';
import { safetensorsBytes } from '../../src/formats/index.ts';
import { stateBytes } from '../../src/layers/state.ts';
import { createModel, loadModel } from '../../src/models/registered.ts';
import { scope } from '../../src/tensor/scope.ts';
import { goldenFolder } from './folder.ts';

const tokens = [
  [1, 2, 3, 4, 5],
  [9, 8, 7, 6, 5],
];
const more = [
  [10, 11, 12],
  [20, 21, 22],
];

describe.each(backends)('a state on $name', ({ backend }) => {
  const loaded = loadModel(goldenFolder, { backend });
  const other = (config: Record<string, unknown>) =>
    createModel({ dModel: 32, nLayer: 3, vocabSize: 62, ...config }, { backend });

  it('says how large it is and how far it has read', async () => {
    const model = await loaded;
    const { state } = model.forward(tokens);
    // Three layers, two rows, 64 channels: 4 inputs and 16 states each.
    expect(state.bytes).toBe(4 * 3 * 2 * 64 * (4 + 16));
    expect(state.bytes).toBe(stateBytes(model.stateFields, 2));
    expect(state.position).toBe(5);
    expect(state.batchSize).toBe(2);
    const next = model.forward(more, { state }).state;
    expect(next.position).toBe(8);
    expect(next.bytes).toBe(state.bytes);
    const shapes = Object.entries(state.tensors()).map(([name, { shape }]) => [name, [...shape]]);
    expect(Object.fromEntries(shapes)).toEqual(
      Object.fromEntries(
        [0, 1, 2].flatMap((i) => [
          [`layers.${i}.conv`, [2, 64, 4]],
          [`layers.${i}.ssm`, [2, 64, 16]],
        ]),
      ),
    );
  });

  it('is not changed by what is read from it', async () => {
    const model = await loaded;
    const { state } = model.forward(tokens);
    const before = await state.save();
    const first = model.forward(more, { state }).logits.read();
    expect(await state.save()).toEqual(before);
    expectIdentical(model.forward(more, { state }).logits.read(), first, 'the second reading');
    expect(state.position).toBe(5);
  });

  it('has clones that live on their own', async () => {
    const model = await loaded;
    const { state } = model.forward(tokens);
    const want = model.forward(more, { state }).logits.read();
    const clone = state.clone();
    state.dispose();
    expectIdentical(model.forward(more, { state: clone }).logits.read(), want);
    expect(clone.positions).toEqual([5, 5]);
    expect(() => model.forward(more, { state })).toThrow('was used after its memory was freed');
  });

  it('made in a scope lives on where it is kept, and has clones that do', async () => {
    const model = await loaded;
    const [kept, clone] = scope(() => {
      const { state } = model.forward(tokens);
      // In an array that the scope does not return.
      const escaped = [state.clone(), state.keep()];
      queueMicrotask(() => escaped);
      return [() => escaped[1], () => escaped[0]];
    });
    const want = model.forward(more, { state: model.forward(tokens).state }).logits.read();
    expectIdentical(model.forward(more, { state: kept() }).logits.read(), want, 'kept');
    expectIdentical(model.forward(more, { state: clone() }).logits.read(), want, 'clone');
  });

  it('comes back from its bytes', async () => {
    const model = await loaded;
    const documents = Int32Array.from([0, 0, 1, 1, 1, 3, 3, 3, 3, 3]);
    const { state } = model.forward(tokens, { documents });
    const back = await model.loadState(await state.save());
    expect(back.positions).toEqual(state.positions);
    expect(back.ends).toEqual([
      { document: 1, age: 2 },
      { document: 3, age: 4 },
    ]);
    const onward = { documents: Int32Array.from([1, 1, 2, 3, 4, 4]) };
    const want = model.forward(more, { state, ...onward });
    const got = model.forward(more, { state: back, ...onward });
    expectIdentical(got.logits.read(), want.logits.read());
    expect(await got.state.save()).toEqual(await want.state.save());
  });

  it('frees what it held', async () => {
    const model = await loaded;
    const { state, logits } = model.forward(tokens);
    logits.dispose();
    const before = backend.heap.used;
    const clone = state.clone();
    expect(backend.heap.used - before).toBe(clone.bytes);
    clone.dispose();
    expect(backend.heap.used).toBe(before);
  });

  it.each([
    [{ dState: 8 }, 'loadState: layers.0.ssm is (2, 64, 16), expected (2, 64, 8). Use the model that wrote the state.'],
    [{ dModel: 16 }, 'loadState: layers.0.conv is (2, 64, 4), expected (2, 32, 4)'],
    [{ dConv: 3 }, 'loadState: layers.0.conv is (2, 64, 4), expected (2, 64, 3)'],
    [{ nLayer: 4 }, 'loadState: layers.3.conv is missing, expected (2, 64, 4)'],
    [{ nLayer: 2 }, "loadState: the state has 6 tensors, more than this model's"],
  ])('is refused by a model with %j', async (config, message) => {
    const { state } = (await loaded).forward(tokens);
    const model = await other(config);
    await expect(model.loadState(await state.save())).rejects.toThrow(message);
    expect(() => model.forward(more, { state })).toThrow(
      /^forward: the state has .*, expected .*\. Use the model that wrote the state\.$/,
    );
  });

  it('is refused with another number of rows', async () => {
    const model = await loaded;
    const { state } = model.forward(tokens);
    expect(() => model.forward([[1]], { state })).toThrow(
      'forward: the state has 2 rows, expected 1, the rows of the input. Continue with the same rows.',
    );
  });

  it('is refused on another backend', async () => {
    const elsewhere = backends.find((one) => one.backend !== backend)!.backend;
    const { state } = (await loaded).forward(tokens);
    const model = await loadModel(goldenFolder, { backend: elsewhere });
    expect(() => model.forward(more, { state })).toThrow('the tensors are on two backends');
  });

  it('is refused where the bytes are not a state, or cut off', async () => {
    const model = await loaded;
    const bytes = await model.forward(tokens).state.save();
    for (const end of [0, 5, 40, bytes.length - 1]) {
      await expect(model.loadState(bytes.slice(0, end)), `${end} bytes`).rejects.toThrow(/^state/);
    }
    const weights = safetensorsBytes([{ name: 'a', shape: [1], data: Float32Array.of(1) }]);
    await expect(model.loadState(weights)).rejects.toThrow('the bytes are not a saved state');
  });
});
