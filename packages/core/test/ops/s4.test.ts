import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as truth from '../../../../test/reference/s4.ts';
import { backends } from '../../../../test/support/backends.ts';
import { expectGradients, expectSlopes, expectValues } from '../../../../test/support/case.ts';
import { plain, type Setup, setups } from '../../../../test/support/modes.ts';
import { partitions, raggedRows } from '../../../../test/support/positions.ts';
import { normal, seeds, sizes, uniform, uniforms } from '../../../../test/support/random.ts';
import { caseOfSequence, type Sequence, sequenceLaws } from '../../../../test/support/sequenceLaws.ts';
import { s4Modes, s4Scan } from '../../src/ops/index.ts';

/** From the parameters on: the modes and the scan in one. */
function sequenceOf({ B, L, H, M, seed, ...has }: Setup): Sequence {
  const random = uniforms(seed);
  return {
    inputs: {
      u: normal(random, [B, L, H]),
      C: normal(random, [H, M, 2], 0.7),
      B: normal(random, [H, M, 2]),
      P: normal(random, [H, M, 2]),
      logDt: uniform(random, [H], Math.log(1e-3), Math.log(0.3)),
      logAReal: uniform(random, [H, M], Math.log(0.05), Math.log(3)),
      AImag: uniform(random, [H, M], -10, 30),
      ...(has.skip && { D: normal(random, [H]) }),
      ...(has.state && { state: normal(random, [B, 2, M, H]) }),
    },
    steps: ['u'],
    state: ['state'],
    run(inputs, positions) {
      const { u, D, state, ...parameters } = inputs;
      const modes = s4Modes(parameters as never);
      const result = s4Scan({ u, modes, D, positions }, state);
      return { outputs: [result.y], state: [result.state] };
    },
    truth(inputs, at) {
      const { y, state } = truth.s4Scan({ ...inputs, ...at } as never);
      return { outputs: [y], state: [state] };
    },
  };
}

const caseOf = (setup: Setup) => caseOfSequence(sequenceOf(setup), setup);

describe.each(backends)('s4 on $name', ({ backend }) => {
  it('equals the dense matrix by the bilinear rule, over shapes and slices', () => {
    fc.assert(
      fc.property(setups(40, 20, 4), fc.boolean(), (setup, sliced) => {
        expectValues(backend, caseOf(setup), { sliced, tolerance: 5e-5 });
      }),
      { numRuns: 30 },
    );
    expectValues(backend, caseOf({ ...plain, L: 70, H: 67, M: 5 }), { tolerance: 5e-5 });
  });

  it('has the gradients of central differences, also across chunks of time and blocks of channels', () => {
    fc.assert(
      fc.property(setups(5, 2, 3), fc.boolean(), (setup, sliced) => {
        expectGradients(backend, caseOf({ ...setup, B: Math.min(setup.B, 2) }), { sliced, tolerance: 2e-4 });
      }),
      { numRuns: 15 },
    );
    expectGradients(backend, caseOf({ ...plain, L: 35, H: 1, M: 2, ages: true, lengths: true }), { tolerance: 2e-4 });
    expectSlopes(backend, caseOf({ ...plain, L: 35, H: 67, M: 2 }));
  });

  const sized = fc.record({ H: sizes(70, 1), M: sizes(6, 1), state: fc.boolean(), seed: seeds });
  sequenceLaws<Partial<Setup>>(backend, {
    of: (B, L, setup) => sequenceOf({ ...plain, B, L, ...setup }),
    split: { parts: partitions(5, 40), setups: sized, numRuns: 10 },
    packed: { documents: partitions(5, 40), setups: sized, numRuns: 10 },
    ragged: { rows: raggedRows(setups(12, 40, 4), ({ B }) => B), numRuns: 10 },
    carried: { B: 1, L: 7, cuts: [[3, { H: 2, M: 2 }]], tolerance: 2e-4 },
  });
});

describe('s4 refuses', () => {
  const { backend } = backends[0];
  const zeros = (...shape: number[]) => backend.tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);

  it('misshapen parameters and states', () => {
    const given = { C: zeros(4, 3, 2), B: zeros(4, 3, 2), P: zeros(4, 3, 2), logDt: zeros(4) };
    const all = { ...given, logAReal: zeros(4, 3), AImag: zeros(4, 3) };
    expect(() => s4Modes({ ...all, P: zeros(3, 2) })).toThrow('s4: kernel.P is (3, 2), expected (4, 3, 2)');
    expect(() => s4Modes({ ...all, C: zeros(4, 3) })).toThrow('s4: kernel.C is (4, 3), expected (H, N/2, 2)');
    expect(() => s4Scan({ u: zeros(2, 5, 4), modes: s4Modes(all) }, zeros(2, 3, 4))).toThrow(
      's4: state is (2, 3, 4), expected (2, 2, 3, 4)',
    );
  });
});
