import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/selectiveScan.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, expectIdentical, FORWARD, GRADIENT } from '../../../../test/support/compare.ts';
import { type Golden, readGolden, timeSecond } from '../../../../test/support/golden.ts';
import { agesOf, partitions, raggedRows, timeSlice } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { caseOfSequence, type Sequence, sequenceLaws } from '../../../../test/support/sequenceLaws.ts';
import { add, mul, positionsOn, selectiveScan, sum } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

interface Setup {
  batch: number;
  L: number;
  /** Channels of a group, and groups; 0 groups: B and C have three axes. */
  P: number;
  G: number;
  N: number;
  skip: boolean;
  z: boolean;
  bias: boolean;
  softplus: boolean;
  state: boolean;
  ages: boolean;
  lengths: boolean;
  seed: number;
}

const setups = (L: number, P: number, N: number) =>
  fc.record<Setup>({
    batch: sizes(3),
    L: sizes(L),
    P: sizes(P),
    G: fc.constantFrom(0, 0, 1, 2, 3),
    N: fc.oneof(fc.constant(Math.min(N, 16)), sizes(N)),
    skip: fc.boolean(),
    z: fc.boolean(),
    bias: fc.boolean(),
    softplus: fc.boolean(),
    state: fc.boolean(),
    ages: fc.boolean(),
    lengths: fc.boolean(),
    seed: seeds,
  });

const all: Setup = {
  batch: 2,
  L: 20,
  P: 5,
  G: 0,
  N: 3,
  skip: true,
  z: true,
  bias: true,
  softplus: true,
  state: true,
  ages: false,
  lengths: false,
  seed: 1,
};

function sequenceOf({ batch, L, P, G, N, seed, softplus, ...has }: Setup): Sequence {
  const random = uniforms(seed);
  const D = P * Math.max(1, G);
  const mixing = G ? [batch, L, G, N] : [batch, L, N];
  return {
    inputs: {
      u: normal(random, [batch, L, D]),
      delta: softplus ? normal(random, [batch, L, D], 1, -1) : uniform(random, [batch, L, D], 0.01, 0.6),
      A: uniform(random, [D, N], -2, -0.1),
      B: normal(random, mixing),
      C: normal(random, mixing),
      ...(has.skip && { D: normal(random, [D]) }),
      ...(has.z && { z: normal(random, [batch, L, D]) }),
      ...(has.bias && { deltaBias: uniform(random, [D], 0, 0.3) }),
      ...(has.state && { initialState: normal(random, [batch, D, N]) }),
    },
    steps: overTime,
    state: ['initialState'],
    run(inputs, positions) {
      const { out, lastState } = selectiveScan({ ...scanInputs(inputs), deltaSoftplus: softplus, positions });
      return { outputs: [out], state: [lastState] };
    },
    truth(inputs, at) {
      const { out, lastState } = truth.selectiveScan({ ...scanInputs(inputs), deltaSoftplus: softplus, ...at });
      return { outputs: [out], state: [lastState] };
    },
  };
}

const caseOf = (setup: Setup) => caseOfSequence(sequenceOf(setup), setup);

/** Names the inputs, of either kind. */
const scanInputs = <T>({ u, delta, A, B, C, D, z, deltaBias, initialState }: Record<string, T>) => ({
  u,
  delta,
  A,
  B,
  C,
  D,
  z,
  deltaBias,
  initialState,
});

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);
const overTime = ['u', 'delta', 'B', 'C', 'z'];
/** The inputs over steps [from, to) of one row or all. */
const piece = (inputs: Record<string, Array64>, from: number, to: number) =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [name, overTime.includes(name) ? timeSlice(x, from, to) : x]),
  );
const official = await readGolden('selective_scan');
interface OfficialCase {
  name: string;
  softplus: boolean;
}
const officialCases = JSON.parse(official.metadata.cases) as OfficialCase[];
const kernelCases = await Promise.all(
  ['tiny', 'small', 'state8', 'grouped_BC'].map(async (name) => ({ name, golden: await readGolden(`kernel/${name}`) })),
);
const officialNames = { u: 'u', delta: 'delta', A: 'A', B: 'B', C: 'C', D: 'D', z: 'z', deltaBias: 'delta_bias' };

function officialInputs(backend: Backend, golden: Golden, nameOf: (name: string) => string): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(officialNames)
      .filter(([, name]) => golden.has(nameOf(name)))
      .map(([key, name]) => [key, tensor(backend, timeSecond(golden.get(nameOf(name))))]),
  );
}

describe.each(backends)('selectiveScan on $name', ({ backend }) => {
  const run = (inputs: Record<string, Array64>, options: { ages?: Int32Array; lengths?: Int32Array } = {}) => {
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensor(backend, x)]));
    const [batch, L] = inputs.u.shape;
    const positions = positionsOn(backend, batch, L, options.ages, options.lengths);
    const result = selectiveScan({ ...scanInputs(tensors), deltaSoftplus: true, positions });
    return { out: result.out.read(), lastState: result.lastState.read() };
  };

  it('equals the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(40, 70, 20), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced });
      }),
      { numRuns: 100 },
    );
  });

  it('equals the plain loop over many channels, steps and states', () => {
    for (const [P, L, N] of [
      [600, 3, 16],
      [64, 200, 16],
      [65, 33, 17],
      [129, 17, 1],
      [3, 1000, 16],
      [8, 5, 128],
    ]) {
      expectValues(backend, caseOf({ ...all, P, L, N, ages: true }));
      expectValues(backend, caseOf({ ...all, batch: 1, P, L, N, state: false, z: false }));
    }
  });

  it('has the gradient of central differences', () => {
    fc.assert(
      fc.property(setups(6, 3, 3), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf({ ...setup, batch: Math.min(setup.batch, 2) }), { sliced });
      }),
      { numRuns: 30 },
    );
    // Over the border of a chunk of time.
    expectGradients(backend, caseOf({ ...all, batch: 1, L: 35, P: 2, N: 2 }));
    expectGradients(backend, caseOf({ ...all, batch: 1, L: 35, P: 2, N: 2, ages: true, lengths: true }));
  });

  it('has the slopes of central differences, also across blocks of channels and time', () => {
    for (const sliced of [false, true]) {
      expectSlopes(backend, caseOf({ ...all, P: 131, L: 37, N: 16, ages: true, lengths: true }), { sliced });
      expectSlopes(backend, caseOf({ ...all, P: 70, G: 2, L: 20, N: 16 }), { sliced });
      expectSlopes(backend, caseOf({ ...all, P: 19, G: 3, L: 18, N: 5, z: false }), { sliced });
    }
    expectSlopes(backend, caseOf({ ...all, batch: 1, P: 600, L: 17, N: 4, skip: false }));
  });

  it('passes NaN on', () => {
    expectNaN(backend, caseOf({ ...all, P: 19 }));
    expectNaN(backend, caseOf({ ...all, P: 19, N: 16, softplus: false }));
  });

  const sized = (P: number, state: fc.Arbitrary<boolean>) =>
    fc.record({ P: sizes(P, 1), N: fc.constantFrom(3, 16), state, seed: seeds });
  const rows = setups(24, 40, 16).map((setup) => ({ ...setup, softplus: true }));
  sequenceLaws<Partial<Setup>>(backend, {
    of: (batch, L, setup) => sequenceOf({ ...all, ...setup, batch, L }),
    split: { parts: partitions(6, 20), setups: sized(70, fc.boolean()), numRuns: 20, tolerance: 1e-6 },
    packed: {
      documents: partitions(5, 20),
      setups: sized(40, fc.constant(false)),
      numRuns: 20,
      tolerance: 1e-6,
      spoiled: { value: Infinity, names: ['u'] },
    },
    ragged: { rows: raggedRows(rows, ({ batch }) => batch), numRuns: 25 },
    batch: {
      ...{ B: 3, L: 20, tolerance: 1e-6 },
      setups: [
        { P: 70, G: 0, N: 16 },
        { P: 70, G: 2, N: 16 },
      ],
    },
    carried: {
      ...{ B: 1, L: 18 },
      cuts: [
        [1, { P: 3, N: 2, z: false }],
        [7, { P: 3, N: 2, z: false }],
        [16, { P: 2, N: 3, z: false }],
      ],
    },
  });

  it('keeps packed documents apart in gradients', () => {
    const documents = [3, 7, 1, 19];
    const c = caseOf({ ...all, batch: 1, L: 30, P: 3, state: false });
    const ages = agesOf(documents);
    const packed: Case = {
      inputs: c.inputs,
      run(inputs, backend) {
        const positions = positionsOn(backend, 1, 30, ages);
        const { out, lastState } = selectiveScan({ ...scanInputs(inputs), deltaSoftplus: true, positions });
        return [out, lastState];
      },
      truth(inputs) {
        const out = array(c.inputs.u.shape);
        let [at, lastState] = [0, array([])];
        for (const length of documents) {
          const alone = truth.selectiveScan({ ...scanInputs(piece(inputs, at, at + length)), deltaSoftplus: true });
          out.data.set(alone.out.data, at * 3);
          lastState = alone.lastState;
          at += length;
        }
        return [out, lastState];
      },
    };
    expectValues(backend, packed);
    expectGradients(backend, packed);
  });

  it('ignores the initial state where a document begins with the first step', () => {
    scope(() => {
      const { inputs } = caseOf({ ...all, batch: 1, L: 4 });
      const { initialState: _, ...rest } = inputs;
      const ages = Int32Array.of(0, 1, 2, 3);
      const later = Int32Array.of(7, 8, 9, 10);
      const [fresh, continued] = [run(rest), run(inputs)];
      expectIdentical(run(inputs, { ages }).out, fresh.out);
      expectIdentical(run(inputs, { ages: later }).out, continued.out);
      expect(fresh.out).not.toEqual(continued.out);
    });
  });

  it('sends no gradient to padding, and takes none from it', () => {
    scope(() => {
      const { inputs } = caseOf({ ...all, L: 5 });
      const lengths = Int32Array.of(3, 0);
      const width = (name: string) => inputs[name].data.length / 10;
      for (const name of overTime) {
        for (const at of [3, 4, 5, 6, 7, 8, 9]) {
          inputs[name].data.fill(NaN, at * width(name), (at + 1) * width(name));
        }
      }
      const parameters = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensor(backend, x)]));
      const { grads } = valueAndGrad(() => {
        const positions = positionsOn(backend, 2, 5, undefined, lengths);
        const { out, lastState } = selectiveScan({ ...scanInputs(parameters), deltaSoftplus: true, positions });
        return add(sum(out), sum(lastState));
      }, parameters);
      for (const [name, grad] of Object.entries(grads)) {
        const values = grad.read();
        expect(values.every(Number.isFinite), name).toBe(true);
        if (overTime.includes(name)) expect(values.subarray(3 * width(name)).every((v) => v === 0)).toBe(true);
        expect(
          values.some((v) => v !== 0),
          name,
        ).toBe(true);
      }
    });
  });

  it('takes one tensor for several inputs', () => {
    const random = uniforms(3);
    const c: Case = {
      inputs: { u: normal(random, [2, 18, 3]), A: uniform(random, [3, 3], -2, -0.1) },
      run: ({ u, A }) => Object.values(selectiveScan({ u, delta: u, z: u, A, B: u, C: u, deltaSoftplus: true })),
      truth: ({ u, A }) =>
        Object.values(truth.selectiveScan({ u, delta: u, z: u, A, B: u, C: u, deltaSoftplus: true })),
    };
    for (const sliced of [false, true]) {
      expectValues(backend, c, { sliced });
      expectGradients(backend, c, { sliced });
    }
  });

  it('stays finite for large steps', () => {
    const { inputs, ...c } = caseOf({ ...all, L: 30, softplus: true });
    const delta = array(
      inputs.delta.shape,
      inputs.delta.data.map((v) => Math.fround(v * 40)),
    );
    expectValues(backend, { ...c, inputs: { ...inputs, delta } });
  });

  it.each(officialCases)('matches the official reference: $name', ({ name, softplus }) => {
    scope(() => {
      const get = (key: string) => timeSecond(official.get(`${name}.${key}`));
      const parameters = officialInputs(backend, official, (key) => `${name}.${key}`);
      const run = () => selectiveScan({ ...scanInputs(parameters), deltaSoftplus: softplus });
      const { out, lastState } = run();
      // The state is (B, D, N) on both sides.
      expectClose(out.read(), get('out').data, FORWARD, 'out');
      expectClose(lastState.read(), official.get(`${name}.last_state`).data, FORWARD, 'state');
      const outWeights = tensor(backend, get('weight.out'));
      const stateWeights = tensor(backend, official.get(`${name}.weight.last_state`));
      const { grads } = valueAndGrad(() => {
        const { out, lastState } = run();
        return add(sum(mul(out, outWeights)), sum(mul(lastState, stateWeights)));
      }, parameters);
      for (const [key, grad] of Object.entries(grads)) {
        const name = officialNames[key as keyof typeof officialNames];
        expectClose(grad.read(), get(`grad.${name}`).data, GRADIENT, `the gradient of ${key}`);
      }
    });
  });

  it.each(kernelCases)('matches the captured kernel: $name', ({ golden }) => {
    scope(() => {
      const info = JSON.parse(golden.metadata.case) as { delta_softplus: boolean };
      const parameters = officialInputs(backend, golden, (name) => (name === 'D' ? 'D_skip' : name));
      const { out, lastState } = selectiveScan({ ...scanInputs(parameters), deltaSoftplus: info.delta_softplus });
      expectClose(out.read(), timeSecond(golden.get('out_f64')).data, FORWARD, 'out');
      expectClose(lastState.read(), golden.get('last_state_f64').data, FORWARD, 'state');
    });
  });
});
