import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Array64 } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/ssd.ts';
import { anyBackend, backends } from '../../../../test/support/backends.ts';
import { expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, expectIdentical } from '../../../../test/support/compare.ts';
import { partitions } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { caseOfSequence, type Sequence, sequenceLaws } from '../../../../test/support/sequenceLaws.ts';
import { add, mul, ssd, sum } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';

const forms = ['recurrent', 'chunked'] as const;
type Form = (typeof forms)[number];

interface Setup {
  B: number;
  L: number;
  G: number;
  /** Heads of a group. */
  heads: number;
  P: number;
  N: number;
  D: boolean;
  bias: boolean;
  softplus: boolean;
  state: boolean;
  ages: boolean;
  lengths: boolean;
  form: Form;
  seed: number;
}

const setups = (L: number, P: number, N: number) =>
  fc.record<Setup>({
    B: sizes(3),
    L: sizes(L),
    G: sizes(2, 1),
    heads: sizes(3, 1),
    P: sizes(P, 1),
    N: sizes(N, 1),
    D: fc.boolean(),
    bias: fc.boolean(),
    softplus: fc.boolean(),
    state: fc.boolean(),
    ages: fc.boolean(),
    lengths: fc.boolean(),
    form: fc.constantFrom(...forms),
    seed: seeds,
  });

const plain: Setup = {
  B: 2,
  L: 9,
  G: 2,
  heads: 2,
  P: 5,
  N: 3,
  D: true,
  bias: true,
  softplus: true,
  state: true,
  ages: false,
  lengths: false,
  form: 'chunked',
  seed: 1,
};

function inputsOf({ B, L, G, heads, P, N, seed, ...has }: Setup): Record<string, Array64> {
  const random = uniforms(seed);
  const H = G * heads;
  return {
    x: normal(random, [B, L, H, P]),
    dt: has.softplus ? normal(random, [B, L, H]) : uniform(random, [B, L, H], 0.01, 0.5),
    A: uniform(random, [H], -3, -0.1),
    B: normal(random, [B, L, G, N]),
    C: normal(random, [B, L, G, N]),
    ...(has.D && { D: normal(random, [H]) }),
    ...(has.bias && { dtBias: uniform(random, [H], 0, 0.2) }),
    ...(has.state && { initialState: normal(random, [B, H, P, N]) }),
  };
}

function sequenceOf(setup: Setup): Sequence {
  const { softplus: dtSoftplus } = setup;
  return {
    inputs: inputsOf(setup),
    steps: ['x', 'dt', 'B', 'C'],
    state: ['initialState'],
    run(inputs, positions, isPart) {
      const given = inputs as unknown as Parameters<typeof ssd>[0];
      const form = isPart && given.x.shape[1] < 16 ? 'recurrent' : setup.form;
      const result = ssd({ ...given, dtSoftplus, positions, form });
      return { outputs: [result.out], state: [result.lastState] };
    },
    truth(inputs, at) {
      const result = truth.ssd({ ...(inputs as unknown as truth.SsdInput), dtSoftplus, ...at });
      return { outputs: [result.out], state: [result.lastState] };
    },
  };
}

const caseOf = (setup: Setup) => caseOfSequence(sequenceOf(setup), setup);

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);

describe.each(backends)('ssd on $name', ({ backend }) => {
  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(40, 20, 20), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 60 },
    );
    for (const form of forms) {
      expectValues(backend, caseOf({ ...plain, L: 200, P: 24, N: 37, form }));
      expectValues(backend, caseOf({ ...plain, L: 150, P: 64, N: 16, G: 1, heads: 3, ages: true, form }));
    }
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(setups(9, 5, 4), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf({ ...setup, B: Math.min(setup.B, 2) }), { sliced });
      }),
      { numRuns: 30 },
    );
  });

  it('has the slopes of central differences, also across chunks, units and documents', () => {
    for (const form of forms) {
      expectSlopes(backend, caseOf({ ...plain, L: 150, P: 18, N: 20, form }));
      expectSlopes(backend, caseOf({ ...plain, L: 70, P: 7, G: 1, heads: 11, ages: true, lengths: true, form }));
    }
  });

  it('passes NaN on to what depends on it alone', () => {
    for (const form of forms) {
      expectNaN(backend, caseOf({ ...plain, L: 20, form }));
      expectNaN(backend, caseOf({ ...plain, L: 20, ages: true, state: false, form }));
    }
  });

  it('has two forms that agree in outputs, states and gradients', () => {
    scope(() => {
      const inputs = inputsOf({ ...plain, B: 1, L: 300, P: 16, N: 32, G: 1, heads: 4 });
      const placed = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensor(backend, x)]));
      const weights = tensor(backend, normal(uniforms(3), inputs.x.shape));
      const [a, b] = forms.map((form) =>
        valueAndGrad(() => {
          const { out, lastState } = ssd({
            ...(placed as unknown as Parameters<typeof ssd>[0]),
            dtSoftplus: true,
            form,
          });
          return add(sum(mul(out, weights)), sum(lastState));
        }, placed),
      );
      for (const name of Object.keys(placed)) expectClose(a.grads[name].read(), b.grads[name].read(), 1e-5, name);
      const [c, d] = forms.map((form) =>
        ssd({ ...(placed as unknown as Parameters<typeof ssd>[0]), dtSoftplus: true, form }),
      );
      expectClose(c.out.read(), d.out.read(), 1e-5, 'out');
      expectClose(c.lastState.read(), d.lastState.read(), 1e-5, 'state');
    });
  });

  const drawn = fc.record({ form: fc.constantFrom(...forms), seed: seeds });
  sequenceLaws<Partial<Setup>>(backend, {
    of: (B, L, setup) => sequenceOf({ ...plain, B, L, ...setup }),
    split: { parts: partitions(5, 60), setups: drawn, numRuns: 15, tolerance: 1e-5 },
    packed: { documents: partitions(4, 50), setups: drawn, numRuns: 15, tolerance: 1e-5 },
    ragged: {
      rows: fc
        .constantFrom(...forms)
        .map((form) => ({ B: 3, L: 80, lengths: Int32Array.of(0, 80, 37), setup: { form } })),
      numRuns: 4,
    },
    carried: {
      ...{ B: 2, L: 9 },
      cuts: [
        [4, { form: 'recurrent' }],
        [4, { form: 'chunked' }],
      ],
    },
  });
});

describe('ssd', () => {
  it('gives the same bits for any number of threads', () => {
    const [one, two] = backends.map(({ backend }) => backend);
    for (const form of forms) {
      const run = (backend: Backend) =>
        scope(() => {
          const inputs = inputsOf({ ...plain, L: 100, P: 16, N: 16, G: 1, heads: 8, form });
          const placed = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensor(backend, x)]));
          const f = () => {
            const r = ssd({ ...(placed as unknown as Parameters<typeof ssd>[0]), dtSoftplus: true, form });
            return add(sum(r.out), sum(r.lastState));
          };
          const { value, grads } = valueAndGrad(f, placed);
          return [value, ...Object.values(grads)].map((x) => x.read());
        });
      const [a, b] = [run(one), run(two)];
      for (const [i, values] of a.entries()) expectIdentical(b[i], values, `${form} ${i}`);
    }
  });

  const zeros = (...shape: number[]) => anyBackend.zeros(shape);
  const good = { x: zeros(2, 3, 4, 5), dt: zeros(2, 3, 4), A: zeros(4), B: zeros(2, 3, 2, 6), C: zeros(2, 3, 2, 6) };
  it.each([
    [{ dt: zeros(2, 3, 5) }, 'ssd: dt is (2, 3, 5), expected (2, 3, 4), the rows, steps and heads of x.'],
    [{ A: zeros(3) }, 'ssd: A has 3 heads, expected a divisor of 20, the channels of x.'],
    [{ C: zeros(2, 3, 2, 5) }, 'ssd: C is (2, 3, 2, 5), expected (2, 3, 2, 6), the shape of B.'],
    [
      { B: zeros(2, 3, 3, 6), C: zeros(2, 3, 3, 6) },
      'ssd: B has 3 groups, expected a divisor of H = 4, the heads of A.',
    ],
    [{ D: zeros(5) }, 'ssd: D is (5), expected (4), the heads of A.'],
    [{ dtBias: zeros(2) }, 'ssd: dtBias is (2), expected (4), the heads of A.'],
    [
      { initialState: zeros(2, 4, 6, 5) },
      'ssd: initialState is (2, 4, 6, 5), expected (2, 4, 5, 6), a state for each row, head and channel.',
    ],
    [{ form: 'fast' as 'auto' }, "ssd: form is 'fast', expected 'auto', 'recurrent' or 'chunked'."],
  ])('refuses %#', (wrong, message) => {
    expect(() => ssd({ ...good, ...wrong })).toThrow(message);
  });
});
