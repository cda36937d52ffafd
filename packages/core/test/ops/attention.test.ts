import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/attention.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { agesOf, partitions, randomAges, randomLengths, row, timeSlice } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniforms } from '../../../../test/support/random.ts';
import { add, attention, type KeyValueCache, mul, positionsOn, sum } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';

interface Setup {
  B: number;
  L: number;
  G: number;
  /** Heads of queries that share one of keys. */
  repeats: number;
  P: number;
  window?: number;
  scale?: number;
  ages: boolean;
  lengths: boolean;
  /** Where time is cut, for two calls. */
  cut: number;
  seed: number;
}

const setups = (L: number, P: number) =>
  fc.record<Setup>({
    B: sizes(3),
    L: sizes(L),
    G: sizes(3, 1),
    repeats: sizes(3, 1),
    P: sizes(P, 1),
    window: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    scale: fc.option(fc.constant(0.5), { nil: undefined }),
    ages: fc.boolean(),
    lengths: fc.boolean(),
    cut: fc.integer({ min: 0, max: L }),
    seed: seeds,
  });
const plain: Setup = { B: 2, L: 9, G: 2, repeats: 2, P: 5, ages: false, lengths: false, cut: 0, seed: 1 };

function inputsOf({ B, L, G, repeats, P, seed }: Setup): Record<'q' | 'k' | 'v', Array64> {
  const random = uniforms(seed);
  return {
    q: normal(random, [B, L, G * repeats * P]),
    k: normal(random, [B, L, G * P]),
    v: normal(random, [B, L, G * P]),
  };
}

const headsOf = ({ G, repeats, window, scale }: Setup) => ({ heads: G * repeats, kvHeads: G, window, scale });
const tablesOf = ({ B, L, seed, ...has }: Setup) => ({
  ages: has.ages ? randomAges(B, L, seed) : undefined,
  lengths: has.lengths ? randomLengths(B, L, seed) : undefined,
});

function caseOf(setup: Setup): Case {
  const { B, L, G, repeats, window, scale } = setup;
  const { ages, lengths } = tablesOf(setup);
  return {
    inputs: inputsOf(setup),
    run: ({ q, k, v }, backend) => [
      attention({ q, k, v, ...headsOf(setup), positions: positionsOn(backend, B, L, ages, lengths) }).out,
    ],
    truth: (inputs) => [
      truth.attention(inputs as unknown as truth.AttentionInput, G * repeats, G, { ages, lengths, window, scale }),
    ],
  };
}

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);
type Inputs = Record<'q' | 'k' | 'v', Array64>;
const each = (inputs: Inputs, f: (x: Array64) => Array64): Inputs => ({
  q: f(inputs.q),
  k: f(inputs.k),
  v: f(inputs.v),
});

function read(
  backend: Backend,
  setup: Setup,
  inputs: Inputs,
  { cache, ages, lengths }: { cache?: KeyValueCache; ages?: Int32Array; lengths?: Int32Array } = {},
) {
  const [B, L] = inputs.q.shape;
  const placed = { q: tensor(backend, inputs.q), k: tensor(backend, inputs.k), v: tensor(backend, inputs.v) };
  const positions = positionsOn(backend, B, L, ages, lengths);
  return attention({ ...placed, ...headsOf(setup), cache, positions });
}

describe.each(backends)('attention on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(40, 20), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 80 },
    );
    expectValues(backend, caseOf({ ...plain, L: 200, P: 64 }));
    expectValues(backend, caseOf({ ...plain, L: 150, P: 24, G: 1, repeats: 3, window: 70 }));
    expectValues(backend, caseOf({ ...plain, L: 150, P: 33, ages: true, lengths: true }));
    expectValues(backend, caseOf({ ...plain, B: 1, L: 70, P: 256, G: 1 }));
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(setups(9, 5), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf({ ...setup, B: Math.min(setup.B, 2) }), { sliced });
      }),
      { numRuns: 30 },
    );
    expectGradients(backend, caseOf({ ...plain, L: 17, P: 3, B: 1 }));
  });

  it('has the slopes of central differences, also across tiles, windows and documents', () => {
    expectSlopes(backend, caseOf({ ...plain, L: 140, P: 18 }));
    expectSlopes(backend, caseOf({ ...plain, L: 140, P: 7, G: 1, repeats: 3, window: 40, lengths: true }));
    expectSlopes(backend, caseOf({ ...plain, L: 140, P: 16, ages: true }));
  });

  it('passes NaN on to what depends on it alone', () => {
    expectNaN(backend, caseOf({ ...plain, L: 5 }));
    expectNaN(backend, caseOf({ ...plain, L: 20 }));
    expectNaN(backend, caseOf({ ...plain, L: 100, ages: true, window: 9 }));
  });

  it('is finite where scores are far apart', () => {
    const c = caseOf({ ...plain, L: 70, scale: 40 });
    expectValues(backend, c, { tolerance: 1e-4 });
  });

  it('gives the same output for any split of time, with and without a window', () => {
    fc.assert(
      fc.property(partitions(5, 50), fc.constantFrom(undefined, 1, 7, 30), seeds, (pieces, window, seed) => {
        scope(() => {
          const L = pieces.reduce((a, b) => a + b);
          const setup = { ...plain, L, window, seed };
          const inputs = inputsOf(setup);
          const whole = read(backend, setup, inputs);
          const want = array(inputs.q.shape, whole.out.read());
          let cache: KeyValueCache | undefined;
          let at = 0;
          for (const n of pieces) {
            const piece = read(
              backend,
              setup,
              each(inputs, (x) => timeSlice(x, at, at + n)),
              { cache },
            );
            expectClose(piece.out.read(), timeSlice(want, at, at + n).data, 1e-5, `out of ${pieces}`);
            cache = piece.cache;
            at += n;
          }
          expectIdentical(cache!.byRow().read(), whole.cache.byRow().read(), 'cache');
          expect(cache!.steps).toBe(Math.min(L, window ?? Infinity));
        });
      }),
      { numRuns: 20 },
    );
  });

  it('reads a long cache one query at a time, whatever is before the window', () => {
    const shapes = [
      { G: 8, repeats: 1, P: 64 },
      { G: 9, repeats: 1, P: 33 },
      { G: 1, repeats: 8, P: 64 },
      { G: 2, repeats: 3, P: 20 },
    ];
    for (const shape of shapes) {
      for (const [L, window] of [[3], [258], [262], [519], [519, 100], [519, 258], [519, 1]]) {
        scope(() => {
          const setup = { ...plain, ...shape, B: 1, L, window };
          const inputs = inputsOf(setup);
          const want = array(inputs.q.shape, read(backend, setup, inputs).out.read());
          const unseen = window ? (L - 2 - window) * shape.G * shape.P : 0;
          const spoil = ({ shape: axes, data }: Array64) =>
            array(
              axes,
              data.map((x, i) => (i < unseen ? NaN : x)),
            );
          const part = (x: Array64) => timeSlice(x, 0, L - 2);
          const before = { q: part(inputs.q), k: part(spoil(inputs.k)), v: part(spoil(inputs.v)) };
          let { cache } = read(backend, { ...setup, window: undefined }, before);
          for (let t = L - 2; t < L; t++) {
            const step = each(inputs, (x) => timeSlice(x, t, t + 1));
            const { out, cache: next } = read(backend, setup, step, { cache });
            expectClose(out.read(), timeSlice(want, t, t + 1).data, 1e-5, `step ${t} of ${L}, window ${window}`);
            cache = next;
          }
        });
      }
    }
  });

  it('continues ragged rows as each row alone', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(undefined, 6), (seed, window) => {
        scope(() => {
          const B = 3;
          const random = uniforms(seed);
          const setup = { ...plain, B, window, L: 0 };
          let cache: KeyValueCache | undefined;
          const alone: (KeyValueCache | undefined)[] = new Array(B).fill(undefined);
          for (const L of [5, 30, 1, 12]) {
            const lengths = randomLengths(B, L, Math.floor(1e6 * random()));
            const inputs = inputsOf({ ...setup, L, seed: Math.floor(1e6 * random()) });
            const padded = each(inputs, ({ shape, data }) => {
              const width = data.length / B / L;
              const pads = (i: number) => Math.floor(i / width) % L >= lengths[Math.floor(i / width / L)];
              return array(
                shape,
                data.map((value, i) => (pads(i) ? NaN : value)),
              );
            });
            const all = read(backend, setup, padded, { cache, lengths });
            cache = all.cache;
            const out = array(inputs.q.shape, all.out.read());
            for (let b = 0; b < B; b++) {
              const one = each(inputs, (x) => timeSlice(row(x, b), 0, lengths[b]));
              const single = read(backend, setup, one, { cache: alone[b] });
              alone[b] = single.cache;
              expectClose(timeSlice(row(out, b), 0, lengths[b]).data, single.out.read(), 1e-5, `row ${b} of ${L}`);
              expect(timeSlice(row(out, b), lengths[b], L).data.every((value) => value === 0)).toBe(true);
            }
          }
          expect(cache!.everRead).toEqual(alone.map((one) => one!.everRead[0]));
        });
      }),
      { numRuns: 15 },
    );
  });

  it('keeps packed documents apart, whatever the others hold', () => {
    fc.assert(
      fc.property(partitions(4, 60), seeds, (documents, seed) => {
        scope(() => {
          const L = documents.reduce((a, b) => a + b);
          const setup = { ...plain, B: 1, L, seed };
          const inputs = inputsOf(setup);
          const ages = agesOf(documents);
          const packed = read(backend, setup, inputs, { ages }).out.read();
          const width = packed.length / L;
          let at = 0;
          for (const n of documents) {
            const alone = read(
              backend,
              setup,
              each(inputs, (x) => timeSlice(x, at, at + n)),
            );
            expectClose(packed.subarray(at * width, (at + n) * width), alone.out.read(), 1e-5, 'out');
            at += n;
          }
          const last = L - (documents.at(-1) as number);
          const spoiled = each(inputs, ({ shape, data }) =>
            array(
              shape,
              data.map((v, i) => (i < (last * data.length) / L ? NaN : v)),
            ),
          );
          const other = read(backend, setup, spoiled, { ages }).out.read();
          expectClose(
            other.subarray(last * width),
            packed.subarray(last * width),
            1e-6,
            'out after NaN in other documents',
          );
        });
      }),
      { numRuns: 15 },
    );
  });

  it('lets two readers continue from one cache', () => {
    scope(() => {
      const setup = { ...plain, L: 20 };
      const first = read(backend, setup, inputsOf(setup));
      const held = first.cache.byRow().read();
      const more = [3, 4, 5].map((seed) => inputsOf({ ...setup, L: 3, seed }));
      const want = more.map((inputs) => read(backend, setup, inputs, { cache: first.cache.copy() }).out.read());
      // A reader that extends the buffer, one that finds its end taken, and both again.
      const branches = more.map((inputs) => read(backend, setup, inputs, { cache: first.cache }));
      branches.forEach(({ out }, i) => {
        expectIdentical(out.read(), want[i], `branch ${i}`);
      });
      const [a, b] = branches;
      const further = more.map((inputs) => read(backend, setup, inputs, { cache: a.cache }));
      const checked = more.map((inputs) => read(backend, setup, inputs, { cache: a.cache.copy() }));
      further.forEach(({ out, cache }, i) => {
        expectIdentical(out.read(), checked[i].out.read(), `second branch ${i}`);
        expect(cache.storage === a.cache.storage).toBe(i === 0);
      });
      expect(b.cache.storage).not.toBe(a.cache.storage);
      expectIdentical(first.cache.byRow().read(), held, 'the first cache');
    });
  });

  it('carries gradients through the cache', () => {
    scope(() => {
      for (const [cut, window] of [
        [13, undefined],
        [4, 6],
        [37, 20],
      ]) {
        const setup = { ...plain, L: 40, window };
        const inputs = inputsOf(setup);
        const weights = tensor(backend, normal(uniforms(8), inputs.q.shape));
        const [a, b] = [0, cut as number].map((at) => {
          const part = (from: number, to: number) => each(inputs, (x) => timeSlice(x, from, to));
          const place = (x: Inputs) => ({ q: tensor(backend, x.q), k: tensor(backend, x.k), v: tensor(backend, x.v) });
          const [head, tail] = [place(part(0, at)), place(part(at, setup.L))];
          const placed = {
            ...Object.fromEntries(Object.entries(head).map(([name, x]) => [`head ${name}`, x])),
            ...Object.fromEntries(Object.entries(tail).map(([name, x]) => [`tail ${name}`, x])),
          };
          const w = array(weights.shape, weights.read());
          const { grads } = valueAndGrad(() => {
            const first = attention({ ...head, ...headsOf(setup) });
            const second = attention({ ...tail, ...headsOf(setup), cache: first.cache });
            return add(
              sum(mul(first.out, tensor(backend, timeSlice(w, 0, at)))),
              sum(mul(second.out, tensor(backend, timeSlice(w, at, setup.L)))),
            );
          }, placed);
          return (['q', 'k', 'v'] as const).map((name) => {
            const parts = [grads[`head ${name}`], grads[`tail ${name}`]].map((g) => array(g.shape, g.read()));
            return [0, 1].flatMap((i) => parts.flatMap((x) => Array.from(row(x, i).data)));
          });
        });
        for (const [i, name] of ['q', 'k', 'v'].entries()) expectClose(b[i], a[i], 1e-5, `${name} across ${cut}`);
      }
    });
  });
});

describe('attention', () => {
  it('gives the same bits for any number of threads', () => {
    const [one, two] = backends.map(({ backend }) => backend);
    const run = (backend: Backend, L: number) =>
      scope(() => {
        const setup = { ...plain, L, P: 16, G: 2, repeats: 2 };
        const placed = Object.fromEntries(
          Object.entries(inputsOf(setup)).map(([name, x]) => [name, tensor(backend, x)]),
        ) as Record<'q' | 'k' | 'v', ReturnType<typeof tensor>>;
        const { value, grads } = valueAndGrad(() => sum(attention({ ...placed, ...headsOf(setup) }).out), placed);
        return [value, ...Object.values(grads)].map((x) => x.read());
      });
    for (const L of [4, 150]) {
      const [a, b] = [run(one, L), run(two, L)];
      for (const [i, values] of a.entries()) expectIdentical(b[i], values, `${L} ${i}`);
    }
  });

  const zeros = (...shape: number[]) => anyBackend.zeros(shape);
  const good = { q: zeros(2, 3, 24), k: zeros(2, 3, 12), v: zeros(2, 3, 12), heads: 4, kvHeads: 2 };
  it.each([
    [{ heads: 5 }, 'attention: 5 heads, expected a divisor of 24, the channels of q.'],
    [{ kvHeads: 3 }, 'attention: 3 heads of keys, expected a divisor of 4, the heads of queries.'],
    [
      { v: zeros(2, 3, 6) },
      'attention: v is (2, 3, 6), expected (2, 3, 12), rows and steps as q, and the heads of keys.',
    ],
    [{ window: 0 }, 'attention: window is 0, expected a whole number ≥ 1. Leave it out to see all steps.'],
    [{ scale: Infinity }, 'attention: scale is Infinity, expected a finite number.'],
    [{ cache: zeros(1) as KeyValueCache }, 'attention: cache is not a KeyValueCache.'],
    [{ q: zeros(1, 1, 512), k: zeros(1, 1, 512), v: zeros(1, 1, 512), heads: 1, kvHeads: 1 }, '512 channels a head'],
  ])('refuses %#', (wrong, message) => {
    expect(() => attention({ ...good, ...wrong })).toThrow(message);
  });
});
