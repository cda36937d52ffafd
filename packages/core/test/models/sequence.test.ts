/** Sequence models: what they compute, in one direction and in both, in parts, ragged, packed, in folders. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import { linear } from '../../../../test/reference/linear.ts';
import { norm } from '../../../../test/reference/norm.ts';
import { s4d } from '../../../../test/reference/s4d.ts';
import { pool, reverse } from '../../../../test/reference/steps.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { normal, uniforms } from '../../../../test/support/random.ts';
import { safetensorsBytes } from '../../src/formats/index.ts';
import { configText } from '../../src/models/model.ts';
import {
  createModel,
  createSequenceModel,
  declaredModel,
  loadModel,
  loadSequenceModel,
  type SequenceModelOptions,
  sequenceConfigOf,
} from '../../src/models/registered.ts';
import type { SequenceConfig } from '../../src/models/sequenceConfig.ts';
import type { SequenceModel } from '../../src/models/sequenceModel.ts';
import { add, mul, sum } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { emptyFolder } from './folder.ts';
import { tinyConfigs } from './tiny.ts';

const small = { model: 's4d', dModel: 6, nLayer: 2, dInput: 2, nClasses: 3 };

/** A model whose output depends strongly on every weight. */
async function vivid(backend: Backend, more: Record<string, unknown> = {}): Promise<SequenceModel> {
  const model = await createSequenceModel(sequenceConfigOf({ ...small, ...more }), { backend, seed: 3 });
  const random = uniforms(17);
  for (const { name, value } of model.tree.list()) {
    const noise = normal(random, value.shape, /A_log|log_A_real/.test(name) ? 0.1 : 0.3).data;
    value.write(value.read().map((x, i) => x + noise[i]));
  }
  return model;
}

const rowsOf = (seed: number, lengths: readonly number[], width = 2) => {
  const random = uniforms(seed);
  return lengths.map((length) => Float32Array.from(normal(random, [length * width]).data));
};

/** The model in f64, layer by layer as the paper has it. */
function truth(model: SequenceModel, rows: readonly Float32Array[]): Array64 {
  const { config } = model;
  const weights = Object.fromEntries(
    Object.entries(model.parameters).map(([name, tensor]) => [name, array(tensor.shape, tensor.read())]),
  );
  const [B, L] = [rows.length, rows[0].length / config.dInput];
  const mixer = (x: Array64, prefix: string) =>
    s4d(
      x,
      Object.fromEntries(
        Object.entries(weights)
          .filter(([name]) => name.startsWith(prefix) && !/\.(reverse|join|gate)\./.test(name.slice(prefix.length - 1)))
          .map(([name, value]) => [name.slice(prefix.length), value]),
      ),
    );
  const zip = (a: Array64, b: Array64, f: (x: number, y: number, i: number) => number) =>
    array(
      a.shape,
      a.data.map((x, i) => f(x, b.data[i], i)),
    );
  let x = linear(
    array(
      [B, L, config.dInput],
      rows.flatMap((row) => [...row]),
    ),
    weights['encoder.weight'],
    weights['encoder.bias'],
  );
  let residual: Array64 | undefined;
  for (let i = 0; i < config.nLayer; i++) {
    const prefix = `backbone.layers.${i}.mixer.`;
    const normed = norm({ x, residual, weight: weights[`backbone.layers.${i}.norm.weight`] }, 1e-5, false);
    residual = normed.sum;
    x = mixer(normed.y, prefix);
    if (config.bidirectional === 'none') continue;
    const back = reverse(mixer(reverse(normed.y), `${prefix}reverse.`));
    if (config.bidirectional === 'add') x = zip(x, back, (a, b) => a + b);
    if (config.bidirectional === 'concat') {
      const D = config.dModel;
      const both = array([B, L, 2 * D]);
      for (let r = 0; r < B * L; r++) {
        both.data.set(x.data.subarray(r * D, (r + 1) * D), 2 * r * D);
        both.data.set(back.data.subarray(r * D, (r + 1) * D), (2 * r + 1) * D);
      }
      x = linear(both, weights[`${prefix}join.weight`]);
    }
    if (config.bidirectional === 'gate') {
      const gate = linear(normed.y, weights[`${prefix}gate.weight`], weights[`${prefix}gate.bias`]);
      x = zip(x, back, (a, b, k) => b + (a - b) / (1 + Math.exp(-gate.data[k])));
    }
  }
  const hidden = norm({ x, residual, weight: weights['backbone.norm_f.weight'] }, 1e-5, false).y;
  const seen = config.output === 'step' ? hidden : pool(config.pooling, hidden).y;
  return linear(seen, weights['decoder.weight'], weights['decoder.bias']);
}

const outputsOf = (model: SequenceModel, rows: readonly ArrayLike<number>[]) =>
  scope(() => model.forward(rows).outputs.read());

describe.each(backends)('a sequence model on $name', ({ backend }) => {
  it.each([
    { pooling: 'mean' },
    { pooling: 'last' },
    { pooling: 'max' },
    { output: 'step' },
    { bidirectional: 'add' },
    { bidirectional: 'concat', pooling: 'max' },
    { bidirectional: 'gate', output: 'step' },
  ])('equals its parts put together: %j', async (more) => {
    const model = await vivid(backend, more);
    const rows = rowsOf(5, [9, 9]);
    const want = truth(model, rows);
    const { outputs } = model.forward(rows);
    expect(outputs.shape).toEqual(want.shape);
    expectClose(outputs.read(), want.data, 5e-5);
  });

  it.each(['none', 'add', 'concat', 'gate'])('gives ragged rows what each gives alone: %s', async (bidirectional) => {
    for (const more of [{ pooling: 'mean' }, { pooling: 'last' }, { pooling: 'max' }, { output: 'step' }]) {
      const model = await vivid(backend, { model: 'mamba', bidirectional, ...more });
      const lengths = [3, 20, 11];
      const rows = rowsOf(6, lengths);
      const together = outputsOf(model, rows);
      const size = together.length / 3;
      for (const [b, length] of lengths.entries()) {
        const real = more.output === 'step' ? (size / 20) * length : size;
        expectClose(together.subarray(b * size, b * size + real), outputsOf(model, [rows[b]]), 2e-5);
      }
    }
  });

  it.each(['none', 'gate'])('keeps packed documents apart: %s', async (bidirectional) => {
    const model = await vivid(backend, { model: 'mamba', bidirectional, output: 'step' });
    const [a, b] = rowsOf(7, [5, 8]);
    const packed = new Float32Array([...a, ...b]);
    const documents = Int32Array.from({ length: 13 }, (_, t) => Number(t >= 5));
    const got = scope(() => model.forward([packed], { documents }).outputs.read());
    expectClose(got, [...outputsOf(model, [a]), ...outputsOf(model, [b])], 2e-5);
  });

  it.each(['mean', 'last', 'max'])(
    'reads on from a state, however the sequence is cut: pooling %s',
    async (pooling) => {
      for (const family of ['mamba', 'rwkv4', 'transformer']) {
        const heads = family === 'transformer' ? { numHeads: 2 } : {};
        const model = await vivid(backend, { model: family, pooling, dModel: 8, ...heads });
        const lengths = [6, 9];
        const rows = rowsOf(8, lengths);
        const whole = model.forward(rows);
        let { outputs, state } = model.forward(rows.map((row) => row.subarray(0, 4)));
        const saved = await model.loadState(await state.save());
        ({ outputs, state } = model.forward(
          rows.map((row) => row.subarray(4, 8)),
          { state: saved },
        ));
        ({ outputs, state } = model.forward(
          rows.map((row) => row.subarray(8)),
          { state },
        ));
        expectClose(outputs.read(), whole.outputs.read(), 2e-5, `${family}, outputs`);
        expect(state.positions).toEqual(lengths);
        for (const [name, tensor] of Object.entries(state.tensors()))
          expectClose(tensor.read(), whole.state.tensors()[name].read(), 5e-5, `${family}, ${name}`);
        expect(Object.hasOwn(state.tensors(), `layers.${small.nLayer}.pool`)).toBe(pooling !== 'last');
      }
    },
  );

  it.each([
    { bidirectional: 'add', pooling: 'max' },
    { bidirectional: 'concat' },
    { bidirectional: 'gate', output: 'step' },
    { bidirectional: 'none', pooling: 'last' },
    { bidirectional: 'add', nClasses: 0, nTargets: 2, output: 'step' },
  ])('has the gradient that differences have: %j', async (more) => {
    const model = await vivid(backend, { model: 'mamba', nLayer: 1, dModel: 4, ...more });
    const rows = rowsOf(9, [4, 7]);
    const random = uniforms(2);
    const isStep = model.config.output === 'step';
    const targets = rows.map((row) => {
      const count = isStep ? row.length / 2 : 1;
      return model.config.nClasses > 0
        ? Array.from({ length: count }, () => Math.floor(3 * random()))
        : Array.from({ length: 2 * count }, (_, i) => (i === 1 ? Number.NaN : random()));
    });
    const loss = () => scope(() => model.loss(rows, targets).read()[0]);
    const { grads } = valueAndGrad(() => model.loss(rows, targets), model.parameters);
    for (const [name, parameter] of Object.entries(model.parameters)) {
      const values = parameter.read();
      const grad = grads[name].read();
      const direction = values.map(() => (random() < 0.5 ? -1 : 1));
      const along = (step: number) => {
        parameter.write(values.map((value, i) => value + step * direction[i]));
        return loss();
      };
      const want = (along(5e-3) - along(-5e-3)) / 1e-2;
      parameter.write(values);
      const got = grad.reduce((total, one, i) => total + one * direction[i], 0);
      const size = Math.sqrt(grad.reduce((total, one) => total + one * one, 0));
      expect(Math.abs(got - want) / (0.02 + size), `${name}: ${got}, want ${want}`).toBeLessThan(0.02);
    }
  });
});

describe('a sequence model', () => {
  it.each(tinyConfigs)(
    'can be of the family %s, of tokens or of numbers: %j',
    async (_, { vocabSize: _tokens, ...family }) => {
      const sizes = { dModel: 20, nLayer: 2, ...family, nClasses: 4, bidirectional: 'add' };
      const tokens = await createSequenceModel(sequenceConfigOf({ ...sizes, vocabSize: 9 }), { backend: anyBackend });
      expect(tokens.forward([[1, 2, 8], [4]]).outputs.shape).toEqual([2, 4]);
      const numbers = await createSequenceModel(sequenceConfigOf({ ...sizes, dInput: 3, output: 'step' }), {
        backend: anyBackend,
      });
      expect(numbers.forward(rowsOf(1, [5], 3)).outputs.shape).toEqual([1, 5, 4]);
    },
  );

  it('names what both directions add, and wraps no layer without a state', async () => {
    const sizes = { ...small, model: 'mamba', nLayer: 1, dIntermediate: 8 };
    const names = async (bidirectional: SequenceConfig['bidirectional']) =>
      Object.keys(
        (await createSequenceModel(sequenceConfigOf({ ...sizes, bidirectional }), { backend: anyBackend })).parameters,
      );
    const one = await names('none');
    const ofMixer = one.filter((name) => name.includes('.mixer.'));
    const reversed = ofMixer.map((name) => name.replace('.mixer.', '.mixer.reverse.'));
    const prefix = 'backbone.layers.0.mixer';
    expect((await names('add')).sort()).toEqual([...one, ...reversed].sort());
    expect((await names('concat')).sort()).toEqual([...one, ...reversed, `${prefix}.join.weight`].sort());
    const gate = [`${prefix}.gate.weight`, `${prefix}.gate.bias`];
    expect((await names('gate')).sort()).toEqual([...one, ...reversed, ...gate].sort());
    expect(one).toEqual(expect.arrayContaining(['encoder.weight', 'encoder.bias', 'decoder.weight', 'decoder.bias']));
  });

  it('takes a loss of one’s own', async () => {
    const model = await vivid(anyBackend, { nClasses: 0, nTargets: 2, output: 'step' });
    const rows = rowsOf(3, [6]);
    const { value, grads } = valueAndGrad(() => {
      const { outputs } = model.forward(rows);
      return add(sum(mul(outputs, outputs)), sum(outputs));
    }, model.parameters);
    const want = outputsOf(model, rows).reduce((total, y) => total + y * y + y, 0);
    expect(value.read()[0]).toBeCloseTo(want, 3);
    expect(grads['encoder.weight'].read().some((x) => x !== 0)).toBe(true);
  });

  it('is read back from its folder, and is no language model', async () => {
    const folder = await emptyFolder();
    const model = await vivid(anyBackend, { bidirectional: 'gate', vocabSize: 0 });
    await writeFile(join(folder, 'config.json'), configText(model));
    const tensors = Object.entries(model.parameters).map(([name, t]) => ({
      name,
      shape: [...t.shape],
      data: t.read(),
    }));
    await writeFile(join(folder, 'model.safetensors'), safetensorsBytes(tensors));
    const loaded = await loadSequenceModel(folder, { backend: anyBackend });
    expect(loaded.config).toEqual(model.config);
    const rows = rowsOf(4, [7]);
    expectIdentical(outputsOf(loaded, rows), outputsOf(model, rows));
    await expect(loadModel(folder)).rejects.toThrow("config.json: it has 'sequence_model'");

    const language = await createModel({ vocabSize: 8, dModel: 8, nLayer: 1 }, { backend: anyBackend });
    await writeFile(join(folder, 'config.json'), configText(language));
    await expect(loadSequenceModel(folder)).rejects.toThrow(
      "config.json: there is no 'sequence_model', so this is a language model, expected a sequence model.",
    );
  });

  it.each(tinyConfigs)(
    'has a config.json that reads back: %s with %j',
    async (_, { vocabSize: _tokens, ...family }) => {
      const config = { dModel: 20, nLayer: 2, ...family, nTargets: 2, bidirectional: 'concat', pooling: 'last' };
      for (const input of [{ vocabSize: 9 }, { dInput: 3 }]) {
        const one = await createSequenceModel(sequenceConfigOf({ ...config, ...input }), { backend: anyBackend });
        expect(declaredModel(JSON.parse(configText(one))).config).toEqual(one.config);
      }
    },
  );

  it.each([
    [{ dInput: 0 }, 'config: vocabSize is 0 and dInput 0, expected one of them above 0'],
    [{ vocabSize: 5 }, 'config: vocabSize is 5 and dInput 2, expected one of them above 0'],
    [{ nClasses: 0 }, 'config: nClasses is 0 and nTargets 0, expected one of them above 0'],
    [{ nTargets: 1 }, 'config: nClasses is 3 and nTargets 1, expected one of them above 0'],
    [{ nClasses: 1 }, 'config: nClasses is 1, expected at least 2'],
    [{ pooling: 'sum' }, "config: pooling is \"sum\", expected 'mean' or 'last' or 'max'."],
    [{ bidirectional: true }, "config: bidirectional is true, expected 'none' or 'add' or 'concat' or 'gate'."],
    [{ poolin: 'max' }, "config: unknown key 'poolin' for the model 's4d'. Did you mean 'pooling'?"],
  ])('refuses the config %j', async (wrong, message) => {
    await expect(createSequenceModel({ ...small, ...wrong } as SequenceModelOptions)).rejects.toThrow(message);
  });

  it('refuses what it cannot read', async () => {
    const one = await vivid(anyBackend);
    const both = await vivid(anyBackend, { bidirectional: 'add' });
    const rows = rowsOf(1, [4]);
    const { state } = both.forward(rows);
    expect(() => both.forward(rows, { state })).toThrow(
      "forward: got a state, but the model is bidirectional ('add'): it needs the end of a sequence for its first output.",
    );
    expect(() => one.forward(rows, { documents: new Int32Array(4) })).toThrow(
      'forward: got documents, but each row has one output',
    );
    expect(() => one.forward([])).toThrow('forward: there are no rows');
    const given = (input: unknown) => () => one.forward(input as never);
    expect(given(undefined)).toThrow('forward: the input is undefined, expected a list of rows, e.g. [[0.1, 0.2]], or');
    expect(given(null)).toThrow('forward: the input is null');
    expect(given(new Float32Array(4))).toThrow(
      'forward: the input is of the type Float32Array, expected a list of rows',
    );
    expect(given({ values: [1, 2] })).toThrow('forward: the input is of the type Object');
    expect(() => one.loss(rows, undefined as never)).toThrow(
      'loss: targets are undefined, expected a list, 1 for each row.',
    );
    expect(() => one.loss([...rows, ...rows], [[0], undefined as never])).toThrow(
      'loss: row 1 has no targets, expected 1',
    );
    expect(() => one.forward([[1, 2, 3]])).toThrow('forward: row 0 has 3 numbers, expected a multiple of dInput 2');
    expect(() => one.forward([[1, Number.NaN]])).toThrow(
      'forward: the input is NaN at row 0, step 0, expected a finite',
    );
    expect(() => one.forward({ inputs: new Float32Array(5), B: 1, L: 2 })).toThrow('expected B × L × 2 = 1 × 2 × 2');
    expect(() => one.forward({ inputs: new Int32Array(4), B: 1, L: 2 })).toThrow('4 values of Int32Array');
    expect(() => one.forward({ inputs: new Float32Array(4), B: 1, L: 2, lengths: Int32Array.of(3) })).toThrow(
      'forward: lengths are 3, expected 1 of 1 to 2',
    );
    expect(() => one.loss(rows, [0, 1])).toThrow('loss: 2 targets, expected 1, 1 for each row.');
    expect(() => one.loss(rows, [0.5])).toThrow('loss: target 0.5 at 0, expected the index of a class.');
    expect(() => one.loss(rows, [3])).toThrow('crossEntropy: target 3 at row 0, expected below 3');
    const step = await vivid(anyBackend, { output: 'step' });
    expect(() => step.loss(rows, [[0, 1]])).toThrow('loss: row 0 has 2 targets, expected 4, 1 for each step.');
    expect(() => one.forward(rows, { state: step.forward(rows).state })).toThrow('forward: the state has nothing more');
  });
});
