/** What must hold for a Mamba of any config: it equals the f64 loops, and splits, packs and batches freely. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createModel } from '../../src/models/checkpoint.ts';
import type { LanguageModel } from '../../src/models/languageModel.ts';
import type { State } from '../../src/models/state.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import { crossEntropy } from '../reference/crossEntropy.ts';
import { backends } from '../support/backends.ts';
import { errorOf, expectClose, expectIdentical } from '../support/compare.ts';
import { seeds, uniforms } from '../support/random.ts';
import { logitsOf, sizesOf, weightsOf } from './reference.ts';
import { vividModel } from './vivid.ts';

const V = 24;
const sizes = [
  { dConv: 2, dState: 8 },
  { dConv: 3, dState: 16 },
  { dConv: 4, dState: 8 },
  { dConv: 4, dState: 16 },
];

const tokensOf = (seed: number, lengths: readonly number[]) => {
  const random = uniforms(seed);
  return lengths.map((n) => Array.from({ length: n }, () => Math.floor(random() * V)));
};

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

describe.each(backends)('mamba on $name', ({ backend }) => {
  describe.each([
    ...sizes,
    { rmsNorm: false },
    { bias: true, convBias: false },
    { tieEmbeddings: false },
    { dtRank: 5, expand: 3 },
    { normEpsilon: 0.1, padVocabSizeMultiple: 16 },
  ])('with %j', (config) => {
    const made = vividModel(backend, { vocabSize: V, ...config });

    it('equals the f64 loops', async () => {
      const model = await made;
      const tokens = tokensOf(1, [11, 11]);
      const want = logitsOf(weightsOf(model), sizesOf(model), tokens);
      const got = model.forward(tokens).logits;
      expect(got.shape).toEqual(want.shape);
      expectClose(got.read(), want.data, 5e-5, 'logits');
    });

    it('has the gradients that differences have', async () => {
      const model = await made;
      const tokens = tokensOf(2, [9, 9]);
      const targets = tokensOf(3, [9, 9]);
      const [weights, shape] = [weightsOf(model), sizesOf(model)];
      const flat = Int32Array.from(targets.flat());
      const { grads } = valueAndGrad(() => model.loss(tokens, targets), model.parameters);
      const random = uniforms(5);
      for (const [name, { data }] of Object.entries(weights)) {
        const direction = data.map(() => (random() < 0.5 ? -1 : 1));
        const along = (step: number) => {
          const moved = { ...weights[name], data: data.map((x, i) => x + step * direction[i]) };
          return crossEntropy(logitsOf({ ...weights, [name]: moved }, shape, tokens), flat).data[0];
        };
        const want = (along(1e-5) - along(-1e-5)) / 2e-5;
        const values = grads[name].read();
        const got = values.reduce((sum, g, i) => sum + g * direction[i], 0);
        const size = Math.sqrt(values.reduce((sum, g) => sum + g * g, 0));
        expect(size, `${name} matters`).toBeGreaterThan(1e-4);
        expect(Math.abs(got - want) / (1e-3 + size), `${name}: ${got}, want ${want}`).toBeLessThan(1e-3);
      }
    });
  });

  describe.each(sizes)('with %j', (config) => {
    const made = vividModel(backend, { vocabSize: V, ...config });

    it('reads in any pieces as at once', async () => {
      const model = await made;
      fc.assert(
        fc.property(seeds, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 }), (seed, cuts) => {
          scope(() => {
            const L = cuts.reduce((a, b) => a + b);
            const [row] = tokensOf(seed, [L]);
            const whole = alone(model, row);
            let state: State | undefined;
            let at = 0;
            for (const n of cuts) {
              const piece = alone(model, row.slice(at, at + n), state);
              expectClose(
                piece.logits,
                whole.logits.subarray(at * V, (at + n) * V),
                5e-5,
                `logits from ${at} of ${cuts}`,
              );
              state = piece.end;
              at += n;
            }
            expectSameState(rowOf(state!, 0), whole.state, `state after ${cuts}`);
          });
        }),
        { numRuns: 8 },
      );
    });

    it('reads packed documents as separate ones', async () => {
      const model = await made;
      // Shorter and longer than the convolution; one ends where the row does.
      const lengths = [5, 1, 2, 9, 3];
      const documents = tokensOf(4, lengths);
      const targets = tokensOf(5, lengths);
      const seqIdx = Int32Array.from(lengths.flatMap((n, i) => new Array<number>(n).fill(i)));
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
      expectSameState(rowOf(packed.state, 0), alone(model, documents.at(-1)!).state, 'the last document');
      const loss = model.loss([documents.flat()], [targets.flat()], { documents: seqIdx }).read()[0];
      expect(Math.abs(loss - nats / at)).toBeLessThan(1e-5);
    });

    it('reads packed documents in pieces as at once', async () => {
      const model = await made;
      const documents = Int32Array.from([0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3]);
      const [row] = tokensOf(6, [documents.length]);
      const whole = model.forward([row], { documents });
      for (const cut of [1, 2, 3, 4, 5, 7, 8, 11]) {
        const first = model.forward([row.slice(0, cut)], { documents: documents.slice(0, cut) });
        const second = model.forward([row.slice(cut)], { state: first.state, documents: documents.slice(cut) });
        const logits = Float32Array.from([...first.logits.read(), ...second.logits.read()]);
        expectClose(logits, whole.logits.read(), 5e-5, `cut at ${cut}`);
        expectSameState(rowOf(second.state, 0), rowOf(whole.state, 0), `cut at ${cut}`);
      }
    });

    it('reads on in a document, with and without its index, from rows of any lengths', async () => {
      const model = await made;
      const [a, b] = tokensOf(14, [9, 9]);
      const whole = model.forward([a, b], { documents: Int32Array.from([...'000011111', ...'000000022'], Number) });
      // Row 0 ends in document 1, row 1 in document 0; what pads row 0 is in no document.
      const first = model.forward([a.slice(0, 5), b.slice(0, 3)], {
        documents: Int32Array.from([...'00001', ...'00077'], Number),
      });
      expect(first.state.ends).toEqual([
        { document: 1, age: 0 },
        { document: 0, age: 2 },
      ]);
      const second = model.forward([a.slice(5, 6), b.slice(3, 6)], { state: first.state });
      expect(second.state.ends).toEqual([
        { document: 1, age: 1 },
        { document: 0, age: 5 },
      ]);
      const third = model.forward([a.slice(6), b.slice(6)], {
        state: second.state,
        documents: Int32Array.from([...'111', ...'022'], Number),
      });
      for (const row of [0, 1]) expectSameState(rowOf(third.state, row), rowOf(whole.state, row), `row ${row}`);
      const [got, want] = [third.logits.read(), whole.logits.read()];
      expectClose(got.subarray(0, 3 * V), want.subarray(6 * V, 9 * V), 5e-5, 'row 0');
      expectClose(got.subarray(3 * V), want.subarray(15 * V), 5e-5, 'row 1');
    });

    it('gives rows of any lengths what they get alone, and reads on from there', async () => {
      const model = await made;
      const lengths = [4, 13, 1, 7];
      const rows = tokensOf(7, lengths);
      const more = tokensOf(8, [2, 1, 6, 3]);
      const batch = model.forward(rows);
      const last = model.forward(rows, { logits: 'last' }).logits;
      const next = model.forward(more, { state: batch.state });
      const [L, L2] = [13, 6];
      expect(batch.state.positions).toEqual(lengths);
      expect(next.state.positions).toEqual(lengths.map((n, b) => n + more[b].length));
      expect(last.shape).toEqual([4, 1, V]);
      rows.forEach((row, b) => {
        const one = alone(model, row);
        const n = row.length;
        expectClose(batch.logits.read().subarray(b * L * V, (b * L + n) * V), one.logits, 5e-5, `row ${b}`);
        expectSameState(rowOf(batch.state, b), one.state, `row ${b}`);
        expectClose(last.read().subarray(b * V, (b + 1) * V), one.logits.subarray((n - 1) * V), 5e-5, `last of ${b}`);
        const after = alone(model, more[b], one.end);
        const got = next.logits.read().subarray(b * L2 * V, (b * L2 + more[b].length) * V);
        expectClose(got, after.logits, 5e-5, `row ${b}, read on`);
        expectSameState(rowOf(next.state, b), after.state, `row ${b}, read on`);
      });
      const targets = tokensOf(9, lengths);
      const nats = rows.map((row, b) => model.loss([row], [targets[b]]).read()[0] * row.length);
      const mean = nats.reduce((a, b) => a + b) / lengths.reduce((a, b) => a + b);
      expect(Math.abs(model.loss(rows, targets).read()[0] - mean), 'the loss of the batch').toBeLessThan(1e-5);
    });

    it('gives a batch what its rows get alone', async () => {
      const model = await made;
      const rows = tokensOf(10, [6, 6, 6, 6, 6]);
      const batch = model.forward(rows);
      rows.forEach((row, b) => {
        const one = alone(model, row);
        expectClose(batch.logits.read().subarray(b * 6 * V, (b + 1) * 6 * V), one.logits, 5e-5, `row ${b}`);
        expectSameState(rowOf(batch.state, b), one.state, `row ${b}`);
      });
    });
  });

  it('reads a long input in constant memory', async () => {
    const model = await vividModel(backend, { vocabSize: V });
    const [row] = tokensOf(11, [4096]);
    const used: number[] = [];
    const reserved: number[] = [];
    let state: State | undefined;
    for (let at = 0; at < row.length; at += 256) {
      const next = model.forward([row.slice(at, at + 256)], { state, logits: 'last' });
      state?.dispose();
      next.logits.dispose();
      state = next.state;
      used.push(backend.heap.used);
      reserved.push(backend.heap.reserved);
    }
    expect(new Set(used.slice(1)).size, `bytes in use: ${used}`).toBe(1);
    expect(new Set(reserved.slice(1)).size, `bytes reserved: ${reserved}`).toBe(1);
    expect(state?.position).toBe(4096);
  });

  it('forgets what a training step made', async () => {
    const model = await vividModel(backend, { vocabSize: V });
    const tokens = tokensOf(12, [16, 16]);
    const before = backend.heap.used;
    for (let i = 0; i < 3; i++) {
      const { value, grads } = valueAndGrad(() => model.loss(tokens, tokens), model.parameters);
      value.dispose();
      for (const grad of Object.values(grads)) grad.dispose();
      expect(backend.heap.used).toBe(before);
    }
  });
});

describe('mamba on two backends', () => {
  it('starts from the same weights and computes the same', async () => {
    const [first, ...others] = await Promise.all(
      backends.map(({ backend }) => createModel({ dModel: 20, nLayer: 2, vocabSize: V }, { backend, seed: 8 })),
    );
    const tokens = tokensOf(13, [30, 30]);
    const run = (model: LanguageModel) => valueAndGrad(() => model.loss(tokens, tokens), model.parameters);
    const want = run(first);
    const logits = first.forward(tokens).logits.read();
    expect(others.length).toBeGreaterThan(0);
    for (const model of others) {
      for (const [name, tensor] of Object.entries(first.parameters)) {
        expectIdentical(model.parameters[name].read(), tensor.read(), name);
      }
      expectClose(model.forward(tokens).logits.read(), logits, 2e-5, 'logits');
      const got = run(model);
      expectClose(got.value.read(), want.value.read(), 2e-6, 'loss');
      for (const name of Object.keys(want.grads)) {
        expectClose(got.grads[name].read(), want.grads[name].read(), 1e-4, `the gradient of ${name}`);
      }
    }
  });
});
