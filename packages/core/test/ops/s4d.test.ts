import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Array64, array } from '../../../../test/reference/array.ts';
import * as truth from '../../../../test/reference/s4d.ts';
import { backends } from '../../../../test/support/backends.ts';
import { type Case, expectGradients, expectNaN, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { expectClose, expectIdentical, FORWARD } from '../../../../test/support/compare.ts';
import { readGolden } from '../../../../test/support/golden.ts';
import { plain, type Setup, setups } from '../../../../test/support/modes.ts';
import { agesOf, partitions, randomAges, randomLengths, row, timeSlice } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { mul, positionsOn, s4d, s4dModes, s4dScan, sum } from '../../src/ops/index.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import { valueAndGrad } from '../../src/tensor/tape.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** Parameters near those that models start from and learn. */
function parametersOf(seed: number, H: number, M: number) {
  const random = uniforms(seed);
  return {
    C: normal(random, [H, M, 2], 0.7),
    logDt: uniform(random, [H], Math.log(1e-3), Math.log(0.3)),
    logAReal: uniform(random, [H, M], Math.log(0.05), Math.log(8)),
    AImag: uniform(random, [H, M], -30, 90),
  };
}

function scanCase({ B, L, H, M, seed, ...has }: Setup): Case {
  const random = uniforms(seed);
  const ages = has.ages ? randomAges(B, L, seed) : undefined;
  const lengths = has.lengths ? randomLengths(B, L, seed) : undefined;
  const modes = truth.s4dModes(parametersOf(seed, H, M));
  return {
    inputs: {
      u: normal(random, [B, L, H]),
      modes: array(modes.shape, modes.data.map(Math.fround)),
      ...(has.skip && { D: normal(random, [H]) }),
      ...(has.state && { state: normal(random, [B, 2, M, H]) }),
    },
    run({ u, modes, D, state }, backend) {
      const result = s4dScan({ u, modes, D, positions: positionsOn(backend, B, L, ages, lengths) }, state);
      return [result.y, result.state];
    },
    truth({ u, modes, D, state }) {
      const result = truth.s4dScan({ u, modes, D, state, ages, lengths });
      return [result.y, result.state];
    },
  };
}

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
    // So slow that exp(z) − 1 cancels, and so fast that nothing stays.
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

  it('has the gradients that differences have, also over chunks of time and blocks of channels', () => {
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

  it('lets NaN through', () => {
    expectNaN(backend, scanCase({ ...plain, H: 19 }));
  });

  it('gives the same bits for any split of time', () => {
    fc.assert(
      fc.property(partitions(6, 40), sizes(70, 1), sizes(9), seeds, (pieces, H, M, seed) => {
        scope(() => {
          const L = pieces.reduce((a, b) => a + b);
          const { inputs } = scanCase({ ...plain, B: 1, L, H, M, seed });
          const { u, modes, D } = tensors(inputs);
          const start = tensor(backend, inputs.state);
          const whole = s4dScan({ u, modes, D }, start);
          let [at, state] = [0, start];
          for (const length of pieces) {
            const part = s4dScan({ u: tensor(backend, timeSlice(inputs.u, at, at + length)), modes, D }, state);
            expectIdentical(part.y.read(), whole.y.read().subarray(at * H, (at + length) * H), 'y');
            state = part.state;
            at += length;
          }
          expectIdentical(state.read(), whole.state.read(), 'state');
        });
      }),
      { numRuns: 15 },
    );
  });

  it('differentiates through the carried state as in one piece', () => {
    const c = scanCase({ ...plain, L: 9 });
    const pieces: Case = {
      ...c,
      run({ u: _, ...rest }, backend) {
        const [first, second] = [timeSlice(c.inputs.u, 0, 4), timeSlice(c.inputs.u, 4, 9)];
        const one = s4dScan({ u: tensor(backend, first), modes: rest.modes, D: rest.D }, rest.state);
        const two = s4dScan({ u: tensor(backend, second), modes: rest.modes, D: rest.D }, one.state);
        return [two.y, two.state];
      },
      truth(inputs) {
        const { y, state } = truth.s4dScan({ ...(inputs as { u: Array64; modes: Array64 }), u: c.inputs.u });
        return [timeSlice(y, 4, 9), state];
      },
    };
    const { u: _, ...inputs } = c.inputs;
    expectGradients(backend, { ...pieces, inputs });
  });

  it('keeps packed documents apart, whatever the others hold', () => {
    fc.assert(
      fc.property(partitions(5, 20), sizes(40, 1), sizes(6, 1), seeds, (documents, H, M, seed) => {
        scope(() => {
          const L = documents.reduce((a, b) => a + b);
          const { inputs } = scanCase({ ...plain, B: 1, L, H, M, state: false, seed });
          const { modes, D } = tensors(inputs);
          const positions = positionsOn(backend, 1, L, agesOf(documents));
          const last = L - (documents.at(-1) as number);
          const run = (x: Array64, positions = {}) => s4dScan({ u: tensor(backend, x), modes, D, positions });
          const packed = run(inputs.u, positions);
          let at = 0;
          for (const length of documents) {
            const alone = run(timeSlice(inputs.u, at, at + length));
            expectIdentical(packed.y.read().subarray(at * H, (at + length) * H), alone.y.read(), 'y');
            at += length;
            if (at === L) expectIdentical(packed.state.read(), alone.state.read(), 'state');
          }
          const spoiled = array(
            inputs.u.shape,
            inputs.u.data.map((v, i) => (i < last * H ? Infinity : v)),
          );
          const beside = run(spoiled, positions);
          expectIdentical(beside.y.read().subarray(last * H), packed.y.read().subarray(last * H), 'y beside infinity');
          expectIdentical(beside.state.read(), packed.state.read(), 'state beside infinity');
        });
      }),
      { numRuns: 12 },
    );
  });

  it('gives ragged rows what they have alone, whatever the padding holds', () => {
    fc.assert(
      fc.property(setups(40, 40, 6), (setup) => {
        scope(() => {
          const { B, L, H, M, seed } = setup;
          const { inputs } = scanCase({ ...setup, state: true });
          const lengths = randomLengths(B, L, seed);
          const u = inputs.u.data.map((v, i) => (Math.floor(i / H) % L >= lengths[Math.floor(i / H / L)] ? NaN : v));
          const { modes, D } = tensors(inputs);
          const padded = tensor(backend, array([B, L, H], u));
          const positions = positionsOn(backend, B, L, undefined, lengths);
          const all = s4dScan({ u: padded, modes, D, positions }, tensor(backend, inputs.state));
          const [y, state] = [all.y.read(), all.state.read()];
          const size = 2 * M * H;
          for (let b = 0; b < B; b++) {
            const one = tensor(backend, timeSlice(row(inputs.u, b), 0, lengths[b]));
            const alone = s4dScan({ u: one, modes, D }, tensor(backend, row(inputs.state, b)));
            const [from, end] = [b * L * H, (b * L + lengths[b]) * H];
            expectIdentical(y.subarray(from, end), alone.y.read(), 'y');
            expectIdentical(state.subarray(b * size, (b + 1) * size), alone.state.read(), 'state');
            expect(
              y.subarray(end, (b + 1) * L * H).every((v) => v === 0),
              'padding gives zeros',
            ).toBe(true);
          }
        });
      }),
      { numRuns: 15 },
    );
  });

  it('answers an impulse with the kernel, the official one', () => {
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
    ['a stranger', () => ({ 'kernel.B': zeros(1) }), 'unknown parameter kernel.B'],
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
