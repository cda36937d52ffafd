/** What must hold for every family, whatever is inside: it splits, packs and batches freely, and forgets nothing. */

import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backends } from '../../../../test/support/backends.ts';
import { errorOf, expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { seeds, uniforms } from '../../../../test/support/random.ts';
import { configOf } from '../../src/families/registry.ts';
import { type State, stateGrows } from '../../src/layers/state.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import { createModel, declareModel, loadModel } from '../../src/models/registered.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { emptyFolder } from './folder.ts';
import { tinyConfigs, VOCAB as V } from './tiny.ts';
import { vividModel } from './vivid.ts';

const tokensOf = (seed: number, lengths: readonly number[]) => {
  const random = uniforms(seed);
  return lengths.map((n) => Array.from({ length: n }, () => Math.floor(random() * V)));
};

const documentIndex = (lengths: readonly number[]) =>
  Int32Array.from(lengths.flatMap((n, i) => new Array<number>(n).fill(i)));

/** A row's part of each tensor of a state. */
function rowOf(state: State, b: number): Record<string, Float32Array> {
  return scope(() =>
    Object.fromEntries(
      Object.entries(state.tensors()).map(([name, tensor]) => {
        const size = tensor.size / tensor.shape[0];
        return [name, tensor.read().slice(b * size, (b + 1) * size)];
      }),
    ),
  );
}

function expectSameState(got: Record<string, Float32Array>, want: Record<string, Float32Array>, what = '') {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const name of Object.keys(want)) expectClose(got[name], want[name], 5e-5, `${what} ${name}`);
}

/** Logits of one row, by itself and from the start. */
function alone(model: LanguageModel, tokens: number[], state?: State) {
  const out = model.forward([tokens], { state });
  return { logits: out.logits.read(), state: rowOf(out.state, 0), end: out.state };
}

describe.each(backends)('on $name', ({ backend }) => {
  describe.each(tinyConfigs)('%s with %j', (_, config) => {
    const made = vividModel(backend, config);

    it('reads in any pieces as at once', async () => {
      const model = await made;
      fc.assert(
        fc.property(seeds, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 }), (seed, cuts) => {
          scope(() => {
            const [row] = tokensOf(seed, [cuts.reduce((a, b) => a + b)]);
            const whole = alone(model, row);
            let state: State | undefined;
            let at = 0;
            for (const n of cuts) {
              const piece = alone(model, row.slice(at, at + n), state);
              const want = whole.logits.subarray(at * V, (at + n) * V);
              expectClose(piece.logits, want, 5e-5, `logits from ${at} of ${cuts}`);
              state = piece.end;
              at += n;
            }
            expectSameState(rowOf(state!, 0), whole.state, `state after ${cuts}`);
          });
        }),
        { numRuns: 6 },
      );
    });

    it('reads packed documents as separate ones', async () => {
      const model = await made;
      const lengths = [5, 1, 2, 39, 3];
      const documents = tokensOf(4, lengths);
      const targets = tokensOf(5, lengths);
      const seqIdx = documentIndex(lengths);
      const packed = model.forward([documents.flat()], { documents: seqIdx });
      const logits = packed.logits.read();
      const unaware = model.forward([documents.flat()]).logits.read();
      expect(errorOf(unaware, logits), 'documents matter here').toBeGreaterThan(1e-2);
      let at = 0;
      let nats = 0;
      for (const [i, document] of documents.entries()) {
        const one = alone(model, document);
        expectClose(logits.subarray(at * V, (at + document.length) * V), one.logits, 5e-5, `document ${i}`);
        nats += model.loss([document], [targets[i]]).read()[0] * document.length;
        at += document.length;
      }
      const loss = model.loss([documents.flat()], [targets.flat()], { documents: seqIdx }).read()[0];
      expect(Math.abs(loss - nats / at)).toBeLessThan(1e-5);
    });

    it('reads on in packed documents, in pieces and from rows of any lengths', async () => {
      const model = await made;
      const documents = Int32Array.from([0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3]);
      const [row] = tokensOf(6, [documents.length]);
      const whole = model.forward([row], { documents });
      for (const cut of [1, 3, 4, 8, 11]) {
        const first = model.forward([row.slice(0, cut)], { documents: documents.slice(0, cut) });
        const second = model.forward([row.slice(cut)], { state: first.state, documents: documents.slice(cut) });
        expectClose([...first.logits.read(), ...second.logits.read()], whole.logits.read(), 5e-5, `cut at ${cut}`);
      }
      const [a, b] = tokensOf(14, [9, 9]);
      const both = model.forward([a, b], { documents: Int32Array.from([...'000011111', ...'000000022'], Number) });
      // Row 0 ends in document 1, row 1 in document 0; what pads row 0 is in no document.
      const first = model.forward([a.slice(0, 5), b.slice(0, 3)], {
        documents: Int32Array.from([...'00001', ...'00077'], Number),
      });
      const second = model.forward([a.slice(5, 6), b.slice(3, 6)], { state: first.state });
      const third = model.forward([a.slice(6), b.slice(6)], {
        state: second.state,
        documents: Int32Array.from([...'111', ...'022'], Number),
      });
      const [got, want] = [third.logits.read(), both.logits.read()];
      expectClose(got.subarray(0, 3 * V), want.subarray(6 * V, 9 * V), 5e-5, 'row 0');
      expectClose(got.subarray(3 * V), want.subarray(15 * V), 5e-5, 'row 1');
    });

    it('gives rows of any lengths what they get alone, and reads on from a saved state', async () => {
      const model = await made;
      const lengths = [4, 33, 1, 7];
      const [rows, more] = [tokensOf(7, lengths), tokensOf(8, [2, 1, 6, 3])];
      const batch = model.forward(rows);
      const last = model.forward(rows, { logits: 'last' }).logits;
      const next = model.forward(more, { state: await model.loadState(await batch.state.save()) });
      expect(batch.state.positions).toEqual(lengths);
      expect(last.shape).toEqual([4, 1, V]);
      for (const [b, row] of rows.entries()) {
        const one = alone(model, row);
        const n = row.length;
        expectClose(batch.logits.read().subarray(b * 33 * V, (b * 33 + n) * V), one.logits, 5e-5, `row ${b}`);
        expectClose(last.read().subarray(b * V, (b + 1) * V), one.logits.subarray((n - 1) * V), 5e-5, `last of ${b}`);
        const after = alone(model, more[b], one.end);
        const got = next.logits.read().subarray(b * 6 * V, (b * 6 + more[b].length) * V);
        expectClose(got, after.logits, 5e-5, `row ${b}, read on`);
      }
      const targets = tokensOf(9, lengths);
      const nats = rows.map((row, b) => model.loss([row], [targets[b]]).read()[0] * row.length);
      const mean = nats.reduce((a, b) => a + b) / lengths.reduce((a, b) => a + b);
      expect(Math.abs(model.loss(rows, targets).read()[0] - mean), 'the loss of the batch').toBeLessThan(1e-5);
    });

    it('has the gradients that differences have', async () => {
      const model = await made;
      const [tokens, targets] = [tokensOf(2, [21, 13]), tokensOf(3, [21, 13])];
      const { grads } = valueAndGrad(() => model.loss(tokens, targets), model.parameters);
      for (const [name, tensor] of Object.entries(model.parameters)) {
        const values = tensor.read();
        const grad = grads[name].read();
        const size = Math.sqrt(grad.reduce((sum, g) => sum + g * g, 0));
        expect(size, `${name} matters`).toBeGreaterThan(1e-6);
        // Along the gradient itself, where f32 sees the most.
        const at = (step: number) => {
          tensor.write(values.map((x, i) => x + (step * grad[i]) / size));
          return model.loss(tokens, targets).read()[0];
        };
        const step = 1e-2;
        const slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
        tensor.write(values);
        expect(Math.abs(slope - size) / (2e-3 + size), `${name}: slope ${slope}, want ${size}`).toBeLessThan(0.02);
      }
    });

    it('is free again after a training step', async () => {
      const model = await made;
      const tokens = tokensOf(12, [16, 16]);
      const before = backend.heap.used;
      const { value, grads } = valueAndGrad(() => model.loss(tokens, tokens), model.parameters);
      for (const tensor of [value, ...Object.values(grads)]) tensor.dispose();
      expect(backend.heap.used).toBe(before);
    });

    it('is saved in a folder and loaded again, bit-exact', async () => {
      const model = await made;
      const folder = await emptyFolder();
      await model.save(join(folder, 'new', 'model'));
      const files = { config: model.toJSON(), weights: await model.toSafetensors() };
      const tokens = tokensOf(15, [30]);
      for (const from of [join(folder, 'new', 'model'), files]) {
        const again = await loadModel(from, { backend });
        expect(again.config).toEqual(model.config);
        for (const [name, tensor] of Object.entries(model.parameters)) {
          expectIdentical(again.parameters[name].read(), tensor.read(), name);
        }
        expectIdentical(again.forward(tokens).logits.read(), model.forward(tokens).logits.read());
      }
    });
  });
});

describe.each(tinyConfigs)('%s with %j on all backends', (_, config) => {
  it('starts from the same weights and computes the same', async () => {
    const models = await Promise.all(
      backends.map(({ backend }) => createModel(configOf({ dModel: 20, nLayer: 2, ...config }), { backend, seed: 8 })),
    );
    const tokens = tokensOf(13, [40, 40]);
    const [want, ...others] = models.map((model) => valueAndGrad(() => model.loss(tokens, tokens), model.parameters));
    for (const [i, { value, grads }] of others.entries()) {
      expectClose(value.read(), want.value.read(), 2e-5, 'loss');
      for (const name of Object.keys(grads)) {
        expectIdentical(models[i + 1].parameters[name].read(), models[0].parameters[name].read(), name);
        expectClose(grads[name].read(), want.grads[name].read(), 3e-4, `the gradient of ${name}`);
      }
    }
  });

  it('reports the multiply-adds of a token, and more only where a cache grows', () => {
    const model = declareModel(configOf({ dModel: 20, nLayer: 2, ...config }));
    const { tree, stateFields } = model;
    const maps = tree.list().filter(({ shape, decay }) => decay && shape.length === 2);
    const read = model.config.tieEmbeddings ? maps : maps.slice(1);
    const first = model.flopsPerToken;
    expect(first, 'each weight of a linear map once').toBeGreaterThan(read.reduce((sum, { size }) => sum + size, 0));
    expect(first, 'and not much more').toBeLessThan(4 * tree.count());
    if (stateGrows(stateFields)) expect(model.flopsAt(20)).toBeGreaterThan(first);
    else expect(model.flopsAt(20)).toBe(first);
  });
});
