import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/s4d.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, FORWARD } from '../../../../test/support/compare.ts';
import { readGolden } from '../../../../test/support/golden.ts';
import { plain, type Setup, setups } from '../../../../test/support/modes.ts';
import { partitions, raggedRows } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { caseOfSequence, type Sequence, sequenceLaws } from '../../../../test/support/sequenceLaws.ts';
import { mul, s4d, s4dModes, s4dScan, sum } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** Parameters in the range of initial and trained models. */
function parametersOf(seed: number, H: number, M: number) {
  const random = uniforms(seed);
  return {
    C: normal(random, [H, M, 2], 0.7),
    logDt: uniform(random, [H], Math.log(1e-3), Math.log(0.3)),
    logAReal: uniform(random, [H, M], Math.log(0.05), Math.log(8)),
    AImag: uniform(random, [H, M], -30, 90),
  };
}

function scanOf({ B, L, H, M, seed, ...has }: Setup): Sequence {
  const random = uniforms(seed);
  const modes = truth.s4dModes(parametersOf(seed, H, M));
  return {
    inputs: {
      u: normal(random, [B, L, H]),
      modes: array(modes.shape, modes.data.map(Math.fround)),
      ...(has.skip && { D: normal(random, [H]) }),
      ...(has.state && { state: normal(random, [B, 2, M, H]) }),
    },
    steps: ['u'],
    state: ['state'],
    run({ u, modes, D, state }, positions) {
      const result = s4dScan({ u, modes, D, positions }, state);
      return { outputs: [result.y], state: [result.state] };
    },
    truth({ u, modes, D, state }, at) {
      const result = truth.s4dScan({ u, modes, D, state, ...at });
      return { outputs: [result.y], state: [result.state] };
    },
  };
}

const scanCase = (setup: Setup) => caseOfSequence(scanOf(setup), setup);

const modesCase = (seed: number, H: number, M: number): Case => ({
  inputs: parametersOf(seed, H, M),
  run: ({ C, logDt, logAReal, AImag }) => [s4dModes({ C, logDt, logAReal, AImag })],
  truth: ({ C, logDt, logAReal, AImag }) => [truth.s4dModes({ C, logDt, logAReal, AImag })],
});

/** The layer on parameters under their official names, against the reference, which convolves. */
function layerCase(L: number, H: number, M: number): Case {
  const random = uniforms(L);
  const { C, logDt, logAReal, AImag } = parametersOf(L, H, M);
  return {
    inputs: {
      input: normal(random, [2, L, H]),
      D: normal(random, [H]),
      'kernel.C': C,
      'kernel.log_dt': logDt,
      'kernel.log_A_real': logAReal,
      'kernel.A_imag': AImag,
      'output_linear.0.weight': normal(random, [2 * H, H, 1], 0.3),
      'output_linear.0.bias': normal(random, [2 * H]),
    },
    run: ({ input, ...parameters }) => [s4d(input, parameters)],
    truth: ({ input, ...parameters }) => [truth.s4d(input, parameters)],
  };
}

/** The kernel of convolution mode, (L, H): what the scan gives for an impulse. */
function impulseResponse(modes: Tensor, L: number): Tensor {
  const H = modes.width;
  const impulse = new Float32Array(L * H).fill(1, 0, H);
  return s4dScan({ u: modes.backend.tensor(impulse, [1, L, H]), modes }).y;
}

const tensor = (backend: Backend, x: Array64) => backend.tensor(Float32Array.from(x.data), x.shape);
const golden = await readGolden('s4d');
const official = (prefix: string) =>
  Object.fromEntries(
    [
      ...['D', 'kernel.C', 'kernel.log_dt', 'kernel.log_A_real', 'kernel.A_imag'],
      ...['output_linear.0.weight', 'output_linear.0.bias'],
    ].map((name) => [name, golden.get(prefix + name)]),
  );

describe.each(backends)('s4d on $name', ({ backend }) => {
  const tensors = (inputs: Record<string, Array64>) =>
    Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tensor(backend, x)]));

  it('has the modes of zero-order hold, and their gradients', () => {
    for (const sliced of [false, true]) {
      expectValues(backend, modesCase(1, 70, 33), { sliced, tolerance: 1e-6 });
      expectGradients(backend, modesCase(2, 5, 4), { sliced });
    }
    // So slow that exp(z) − 1 cancels, and so fast that nothing is left after a step.
    for (const [logDt, logAReal, AImag] of [
      [-12, -6, 1e-3],
      [-12, -6, 0],
      [-2, 0, 4000],
      [0, 5, 3],
    ]) {
      const c = modesCase(3, 1, 1);
      const inputs = { ...c.inputs, logDt: array([1], [logDt]), logAReal: array([1, 1], [logAReal]) };
      const extreme = { ...c, inputs: { ...inputs, AImag: array([1, 1], [AImag]) } };
      expectValues(backend, extreme, { tolerance: 1e-6 });
    }
    expectNaN(backend, modesCase(4, 3, 2));
  });

  it('scans as the plain loop, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(70, 70, 9), fc.boolean(), (setup, sliced) => {
        expectValues(backend, scanCase(setup), { sliced });
      }),
      { numRuns: 60 },
    );
    expectValues(backend, scanCase({ ...plain, L: 300, H: 131, M: 32 }));
  });

  it('has the gradients of central differences, also across chunks of time and blocks of channels', () => {
    fc.assert(
      fc.property(setups(6, 3, 5), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, scanCase({ ...setup, B: Math.min(setup.B, 2) }), { sliced });
      }),
      { numRuns: 25 },
    );
    expectGradients(backend, scanCase({ ...plain, B: 1, L: 67, H: 1, M: 2 }));
    expectGradients(backend, scanCase({ ...plain, L: 35, H: 1, M: 2, ages: true, lengths: true }));
    for (const sliced of [false, true]) {
      expectSlopes(backend, scanCase({ ...plain, L: 40, H: 131, M: 7, ages: true, lengths: true }), { sliced });
      expectSlopes(backend, scanCase({ ...plain, L: 40, H: 131, M: 7, skip: false }), { sliced });
    }
  });

  it('passes NaN on', () => {
    expectNaN(backend, scanCase({ ...plain, H: 19 }));
  });

  const sized = (H: number, M: number, state: fc.Arbitrary<boolean>) =>
    fc.record({ H: sizes(H, 1), M: sizes(M), state, seed: seeds });
  sequenceLaws<Partial<Setup>>(backend, {
    of: (B, L, setup) => scanOf({ ...plain, B, L, ...setup }),
    split: { parts: partitions(6, 40), setups: sized(70, 9, fc.boolean()), numRuns: 15 },
    packed: {
      documents: partitions(5, 20),
      setups: sized(40, 6, fc.constant(false)),
      numRuns: 12,
      spoiled: { value: Infinity },
    },
    ragged: { rows: raggedRows(setups(40, 40, 6), ({ B }) => B), numRuns: 15 },
    carried: { B: 2, L: 9, cuts: [[4, {}]] },
  });

  it('responds to an impulse with the official kernel', () => {
    scope(() => {
      const parameters = official('param.');
      const named = { C: parameters['kernel.C'], logDt: parameters['kernel.log_dt'] };
      const rest = { logAReal: parameters['kernel.log_A_real'], AImag: parameters['kernel.A_imag'] };
      const want = golden.get('kernel');
      const [H, L] = want.shape;
      const { C, logDt, logAReal, AImag } = tensors({ ...named, ...rest });
      const kernel = impulseResponse(s4dModes({ C, logDt, logAReal, AImag }), L).read();
      const byChannel = Float32Array.from(want.data, (_, i) => kernel[(i % L) * H + Math.floor(i / L)]);
      expectClose(byChannel, want.data, 5e-6, 'kernel');
      // Long kernels of many modes against the formula.
      const long = parametersOf(9, 7, 32);
      const got = impulseResponse(s4dModes(tensors(long) as Record<keyof typeof long, Tensor>), 600).read();
      expectClose(got, truth.s4dKernel(long, 600).data, FORWARD, 'long kernel');
    });
  });

  it('is the official layer: output and gradients', () => {
    scope(() => {
      const parameters = tensors(official('param.'));
      const input = tensor(backend, golden.get('input'));
      expectClose(s4d(input, parameters).read(), golden.get('out').data, 5e-6, 'out');
      const weights = tensor(backend, golden.get('weight.out'));
      const all = { input, ...parameters };
      const { grads } = valueAndGrad(() => sum(mul(s4d(input, parameters), weights)), all);
      for (const name of Object.keys(all)) {
        expectClose(grads[name].read(), golden.get(`grad.${name}`).data, 2e-5, `the gradient of ${name}`);
      }
    });
  });

  it('equals the layer in convolution mode: output and gradients, at any length', () => {
    for (const [L, H, M] of [
      [1, 3, 2],
      [33, 70, 5],
      [130, 20, 32],
    ]) {
      const layer = layerCase(L, H, M);
      expectValues(backend, layer);
      expectSlopes(backend, layer);
    }
  });
});

describe('s4d refuses', () => {
  const { backend } = backends[0];
  const given = () => ({
    input: tensor(backend, golden.get('input')),
    ...Object.fromEntries(Object.entries(official('param.')).map(([name, x]) => [name, tensor(backend, x)])),
  });
  const zeros = (...shape: number[]) => backend.tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);

  it.each<[string, () => Record<string, Tensor | undefined>, string]>([
    ['two axes', () => ({ input: zeros(2, 8) }), 'input is (2, 8), expected 3 axes (B, L, H)'],
    ['other channels', () => ({ input: zeros(2, 5, 6) }), 'D is (8), expected (6)'],
    ['a missing parameter', () => ({ 'kernel.log_dt': undefined }), 'kernel.log_dt is undefined, expected a Tensor'],
    ['an unknown parameter', () => ({ 'kernel.B': zeros(1) }), 'unknown parameter kernel.B'],
    ['a real C', () => ({ 'kernel.C': zeros(8, 8) }), 'kernel.C is (8, 8), expected (H, N/2, 2)'],
    ['C of other channels', () => ({ 'kernel.C': zeros(4, 8, 2) }), 'kernel.log_dt is (8), expected (4)'],
    ['other modes', () => ({ 'kernel.A_imag': zeros(8, 7) }), 'kernel.A_imag is (8, 7), expected (8, 8)'],
    [
      'a map without gate',
      () => ({ 'output_linear.0.weight': zeros(8, 8, 1) }),
      'output_linear.0.weight is (8, 8, 1), expected (16, 8, 1)',
    ],
    ['a short bias', () => ({ 'output_linear.0.bias': zeros(8) }), 'output_linear.0.bias is (8), expected (16)'],
  ])('%s', (_, change, message) => {
    const { input, ...parameters } = { ...given(), ...change() } as Record<string, Tensor>;
    expect(() => s4d(input, parameters)).toThrow(`s4d: ${message}`);
  });

  it('a state of other sizes', () => {
    const modes = zeros(4, 3, 8);
    expect(() => s4dScan({ u: zeros(2, 5, 8), modes }, zeros(2, 2, 4, 8))).toThrow(
      's4d: state is (2, 2, 4, 8), expected (2, 2, 3, 8)',
    );
  });
});
