/**
 * What holds for every operation over time with a state, whatever it computes:
 *
 *   split     a sequence read in parts, the state carried from one to the next, is the sequence read in one piece
 *   packed    documents in one row are what each is alone, and nothing of one reaches another
 *   ragged    rows of different lengths are what each is alone, whatever their padding holds
 *   batch     rows of a batch are what each is alone
 *   carried   gradients go through the carried state
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Positions, positionsOn } from '../../packages/core/src/ops/positions.ts';
import type { Backend } from '../../packages/core/src/tensor/backend.ts';
import { scope } from '../../packages/core/src/tensor/scope.ts';
import type { Tensor } from '../../packages/core/src/tensor/tensor.ts';
import { type Array64, array, product } from '../reference/array.ts';
import { type Case, expectGradients, expectValues } from './case.ts';
import { expectClose, expectIdentical } from './compare.ts';
import { agesOf, randomAges, randomLengths, row, timeSlice } from './positions.ts';

type Inputs<T> = Record<string, T>;

/** Outputs are (B, L, …), zeros beyond a row's length; parts of the state are (B, …). */
export interface Result<T> {
  outputs: readonly T[];
  state: readonly T[];
}

/** An operation on B rows of L steps. */
export interface Sequence {
  inputs: Inputs<Array64>;
  /** The names of the inputs that have steps: (B, L, …). */
  steps: readonly string[];
  /** The names of the parts of the state among the inputs, (B, …), in the order of the result. */
  state: readonly string[];
  /** `isPart`: the input is a part of a sequence. */
  run(inputs: Inputs<Tensor>, positions: Positions, isPart: boolean): Result<Tensor>;
  truth(inputs: Inputs<Array64>, at: { ages?: Int32Array; lengths?: Int32Array }): Result<Array64>;
}

/** A case for case.ts: with random documents and lengths where `has` says so. */
export function caseOfSequence(
  { inputs, steps, run, truth }: Sequence,
  has: { ages: boolean; lengths: boolean; seed: number },
): Case {
  const [B, L] = inputs[steps[0]].shape;
  const ages = has.ages ? randomAges(B, L, has.seed) : undefined;
  const lengths = has.lengths ? randomLengths(B, L, has.seed) : undefined;
  const all = <T>({ outputs, state }: Result<T>) => [...outputs, ...state];
  return {
    inputs,
    run: (tensors, backend) => all(run(tensors, positionsOn(backend, B, L, ages, lengths), false)),
    truth: (arrays) => all(truth(arrays, { ages, lengths })),
  };
}

/** Tolerances of outputs and states. Default: 0, the same bits. */
interface Tolerance {
  tolerance?: number;
  stateTolerance?: number;
}

interface Random<Setup> {
  setups: fc.Arbitrary<Setup>;
  numRuns: number;
}

interface Packed extends Tolerance {
  /** What the other documents hold in the last check, and in which inputs. Default: NaN in all that have steps. */
  spoiled?: { value: number; names?: readonly string[] };
}

export interface SequenceLaws<Setup> {
  of(B: number, L: number, setup: Setup): Sequence;
  split?: Random<Setup> & Tolerance & { parts: fc.Arbitrary<number[]> };
  packed?: Random<Setup> & Packed & { documents: fc.Arbitrary<number[]> };
  ragged?: { rows: fc.Arbitrary<{ B: number; L: number; lengths: Int32Array; setup: Setup }>; numRuns: number };
  batch?: Tolerance & { B: number; L: number; setups: readonly Setup[] };
  carried?: { B: number; L: number; cuts: readonly (readonly [number, Setup])[]; tolerance?: number };
}

/** Tests of the laws that are given, on one backend. */
export function sequenceLaws<Setup>(backend: Backend, laws: SequenceLaws<Setup>): void {
  const { of, split, packed, ragged, batch, carried } = laws;
  if (split) {
    it('gives the same output and state for any split of time', () => {
      check(fc.tuple(split.parts, split.setups), split.numRuns, ([parts, setup]) => {
        const L = parts.reduce((a, b) => a + b);
        expectSplit(backend, of(1, L, setup), parts, split);
      });
    });
  }
  if (packed) {
    it('keeps packed documents apart, whatever the others hold', () => {
      check(fc.tuple(packed.documents, packed.setups), packed.numRuns, ([documents, setup]) => {
        const L = documents.reduce((a, b) => a + b);
        expectPacked(backend, fromStart(of(1, L, setup)), documents, packed);
      });
    });
  }
  if (ragged) {
    it('gives ragged rows what they have alone, whatever the padding holds', () => {
      check(ragged.rows, ragged.numRuns, ({ B, L, lengths, setup }) => {
        expectRows(backend, of(B, L, setup), lengths, {});
      });
    });
  }
  if (batch) {
    it('gives each row of a batch what it has alone', () => {
      for (const setup of batch.setups) {
        const { B, L } = batch;
        scope(() => expectRows(backend, of(B, L, setup), new Int32Array(B).fill(L), batch));
      }
    });
  }
  if (carried) {
    it('differentiates through the carried state as in one piece', () => {
      for (const [cut, setup] of carried.cuts) {
        const c = carriedCase(of(carried.B, carried.L, setup), cut);
        expectValues(backend, c);
        expectGradients(backend, c, { tolerance: carried.tolerance });
      }
    });
  }
}

function check<T>(values: fc.Arbitrary<T>, numRuns: number, f: (value: T) => void): void {
  fc.assert(
    fc.property(values, (value) => scope(() => f(value))),
    { numRuns },
  );
}

const mapInputs = (inputs: Inputs<Array64>, names: readonly string[], f: (x: Array64, name: string) => Array64) =>
  Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, names.includes(name) ? f(x, name) : x]));

const partOf = ({ inputs, steps }: Sequence, from: number, to: number) =>
  mapInputs(inputs, steps, (x) => timeSlice(x, from, to));

const fromStart = (sequence: Sequence): Sequence => ({
  ...sequence,
  inputs: Object.fromEntries(Object.entries(sequence.inputs).filter(([name]) => !sequence.state.includes(name))),
});

const place = (backend: Backend, inputs: Inputs<Array64>): Inputs<Tensor> =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [name, backend.tensor(Float32Array.from(x.data), x.shape)]),
  );

function runOn(
  backend: Backend,
  { run, steps }: Sequence,
  inputs: Inputs<Array64>,
  at: { ages?: Int32Array; lengths?: Int32Array; state?: Inputs<Tensor>; isPart?: boolean } = {},
) {
  const [B, L] = inputs[steps[0]].shape;
  const positions = positionsOn(backend, B, L, at.ages, at.lengths);
  const result = run({ ...place(backend, inputs), ...at.state }, positions, at.isPart ?? false);
  return {
    ...result,
    outputValues: result.outputs.map((x) => x.read()),
    stateValues: result.state.map((x) => x.read()),
  };
}

function expectSame(got: Float32Array, want: Float32Array, tolerance: number, what: string): void {
  if (tolerance === 0) expectIdentical(got, want, what);
  else expectClose(got, want, tolerance, what);
}

function expectSplit(
  backend: Backend,
  sequence: Sequence,
  parts: readonly number[],
  { tolerance = 0, stateTolerance = tolerance }: Tolerance,
): void {
  const whole = runOn(backend, sequence, sequence.inputs);
  let state: Inputs<Tensor> | undefined;
  let at = 0;
  const outputs: number[][] = whole.outputs.map(() => []);
  for (const length of parts) {
    const part = runOn(backend, sequence, partOf(sequence, at, at + length), { state, isPart: true });
    for (const [i, values] of part.outputValues.entries()) outputs[i].push(...values);
    state = Object.fromEntries(sequence.state.map((name, i) => [name, part.state[i]]));
    at += length;
  }
  for (const [i, want] of whole.outputValues.entries()) {
    expectSame(Float32Array.from(outputs[i]), want, tolerance, `output ${i} of parts ${parts}`);
  }
  for (const [i, name] of sequence.state.entries()) {
    expectSame(state![name].read(), whole.stateValues[i], stateTolerance, `${name} of parts ${parts}`);
  }
}

function expectPacked(
  backend: Backend,
  sequence: Sequence,
  documents: readonly number[],
  { tolerance = 0, stateTolerance = tolerance, spoiled }: Packed,
): void {
  const { inputs, steps, state } = sequence;
  const L = inputs[steps[0]].shape[1];
  const ages = agesOf(documents);
  const packed = runOn(backend, sequence, inputs, { ages });
  const rowsOf = (values: Float32Array, from: number, to: number) =>
    values.subarray((from * values.length) / L, (to * values.length) / L);
  let at = 0;
  for (const length of documents) {
    const alone = runOn(backend, sequence, partOf(sequence, at, at + length));
    for (const [i, values] of packed.outputValues.entries()) {
      expectSame(rowsOf(values, at, at + length), alone.outputValues[i], tolerance, `output ${i} of a document`);
    }
    at += length;
    if (at < L) continue;
    for (const [i, name] of state.entries()) {
      expectSame(packed.stateValues[i], alone.stateValues[i], stateTolerance, `${name} after the last document`);
    }
  }
  const last = L - (documents.at(-1) as number);
  const { value, names = steps } = spoiled ?? { value: NaN };
  const changed = mapInputs(inputs, names, (x) =>
    array(
      x.shape,
      x.data.map((v, i) => (i < (last * x.data.length) / L ? value : v)),
    ),
  );
  const other = runOn(backend, sequence, changed, { ages });
  for (const [i, values] of packed.outputValues.entries()) {
    expectIdentical(
      rowsOf(other.outputValues[i], last, L),
      rowsOf(values, last, L),
      `output ${i} after ${value} in other documents`,
    );
  }
  for (const [i, name] of state.entries()) {
    expectIdentical(other.stateValues[i], packed.stateValues[i], `${name} after ${value} in other documents`);
  }
}

/** Padding is NaN. */
function expectRows(
  backend: Backend,
  sequence: Sequence,
  lengths: Int32Array,
  { tolerance = 0, stateTolerance = tolerance }: Tolerance,
): void {
  const { inputs, steps, state } = sequence;
  const [B, L] = inputs[steps[0]].shape;
  const padded = mapInputs(inputs, steps, (x) => {
    const width = product(x.shape.slice(2));
    return array(
      x.shape,
      x.data.map((v, i) => (Math.floor(i / width) % L >= lengths[Math.floor(i / width / L)] ? NaN : v)),
    );
  });
  const isFull = lengths.every((length) => length === L);
  const all = runOn(backend, sequence, padded, { lengths: isFull ? undefined : lengths });
  for (let b = 0; b < B; b++) {
    const rowInputs = mapInputs(inputs, [...steps, ...state], (x) => row(x, b));
    const alone = runOn(backend, sequence, partOf({ ...sequence, inputs: rowInputs }, 0, lengths[b]));
    for (const [i, values] of all.outputValues.entries()) {
      const width = product(all.outputs[i].shape.slice(2));
      const [from, end, to] = [b * L, b * L + lengths[b], (b + 1) * L].map((t) => t * width);
      expectSame(values.subarray(from, end), alone.outputValues[i], tolerance, `output ${i} of row ${b}`);
      expect(
        values.subarray(end, to).every((v) => v === 0),
        'padding gives zeros',
      ).toBe(true);
    }
    for (const [i, name] of state.entries()) {
      const size = all.stateValues[i].length / B;
      const got = all.stateValues[i].subarray(b * size, (b + 1) * size);
      expectSame(got, alone.stateValues[i], stateTolerance, `${name} of row ${b}`);
    }
  }
}

/** Both parts of a sequence that is cut at a step. The inputs with steps are `first.<name>` and `second.<name>`. */
function carriedCase({ inputs, steps, state, run, truth }: Sequence, cut: number): Case {
  const L = inputs[steps[0]].shape[1];
  const halves = steps.filter((name) => name in inputs);
  const rest = Object.entries(inputs).filter(([name]) => !halves.includes(name));
  function readBoth<T>(given: Inputs<T>, read: (part: Inputs<T>) => Result<T>): T[] {
    const part = (which: string) => ({
      ...Object.fromEntries(Object.entries(given).filter(([name]) => !/^(first|second)\./.test(name))),
      ...Object.fromEntries(halves.map((name) => [name, given[`${which}.${name}`]])),
    });
    const first = read(part('first'));
    const carried = Object.fromEntries(state.map((name, i) => [name, first.state[i]]));
    const second = read({ ...part('second'), ...carried });
    return [...first.outputs, ...second.outputs, ...second.state];
  }
  return {
    inputs: {
      ...Object.fromEntries(rest),
      ...Object.fromEntries(halves.map((name) => [`first.${name}`, timeSlice(inputs[name], 0, cut)])),
      ...Object.fromEntries(halves.map((name) => [`second.${name}`, timeSlice(inputs[name], cut, L)])),
    },
    run: (tensors) => readBoth(tensors, (part) => run(part, {}, true)),
    truth: (arrays) => readBoth(arrays, (part) => truth(part, {})),
  };
}
