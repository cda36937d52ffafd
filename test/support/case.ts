/**
 * A case: inputs, an operation on tensors, and the same in f64. From it follow the checks that every
 * operation has to pass: values, slices of wider tensors as inputs, gradients, NaN.
 */
import { expect } from 'vitest';
import { add, mul, split, sum } from '../../packages/core/src/ops/index.ts';
import type { Backend } from '../../packages/core/src/tensor/backend.ts';
import { scope } from '../../packages/core/src/tensor/scope.ts';
import { valueAndGrad } from '../../packages/core/src/tensor/tape.ts';
import type { Tensor } from '../../packages/core/src/tensor/tensor.ts';
import { type Array64, array } from '../reference/array.ts';
import { columns } from '../reference/shape.ts';
import { expectClose, FORWARD, GRADIENT } from './compare.ts';
import { normal, uniforms } from './random.ts';

export interface Case {
  inputs: Record<string, Array64>;
  run(inputs: Record<string, Tensor>, backend: Backend): Tensor[];
  truth(inputs: Record<string, Array64>): Array64[];
}

export interface Options {
  /** Inputs as slices of wider tensors whose other columns are NaN, so that reading them is found out. */
  sliced?: boolean;
  tolerance?: number;
}

const BEFORE = 2;
const AFTER = 3;

/** The tensor to differentiate by, and the view of it that is the input of the case. */
function place(backend: Backend, x: Array64, sliced: boolean): { whole: Tensor; view: () => Tensor } {
  if (!sliced || x.shape.length === 0) {
    const whole = backend.tensor(Float32Array.from(x.data), x.shape);
    return { whole, view: () => whole };
  }
  const width = x.shape.at(-1) as number;
  const wide = BEFORE + width + AFTER;
  const shape = [...x.shape.slice(0, -1), wide];
  const data = new Float32Array(shape.reduce((n, d) => n * d, 1)).fill(NaN);
  x.data.forEach((value, k) => {
    data[Math.floor(k / width) * wide + BEFORE + (k % width)] = value;
  });
  const whole = backend.tensor(data, shape);
  return { whole, view: () => split(whole, [BEFORE, width, AFTER])[1] };
}

function placeAll(backend: Backend, inputs: Record<string, Array64>, sliced: boolean) {
  const placed = Object.entries(inputs).map(([name, x]) => [name, place(backend, x, sliced)] as const);
  return {
    wholes: Object.fromEntries(placed.map(([name, { whole }]) => [name, whole])),
    views: () => Object.fromEntries(placed.map(([name, { view }]) => [name, view()])),
  };
}

export function expectValues(backend: Backend, c: Case, { sliced = false, tolerance = FORWARD }: Options = {}): void {
  scope(() => {
    const want = c.truth(c.inputs);
    const got = c.run(placeAll(backend, c.inputs, sliced).views(), backend);
    expect(got.map((x) => x.shape)).toEqual(want.map((x) => x.shape));
    got.forEach((x, k) => {
      expectClose(x.read(), want[k].data, tolerance, `output ${k} of ${describeInputs(c)}`);
    });
  });
}

/** Weights of the loss, one array for each output. */
function lossWeights(c: Case): Array64[] {
  const random = uniforms(12345);
  return c.truth(c.inputs).map((x) => normal(random, x.shape));
}

function gradients(backend: Backend, c: Case, sliced: boolean): { value: number; grads: Record<string, Float32Array> } {
  return scope(() => {
    const { wholes, views } = placeAll(backend, c.inputs, sliced);
    const weights = lossWeights(c).map((w) => backend.tensor(Float32Array.from(w.data), w.shape));
    const { value, grads } = valueAndGrad(() => {
      const losses = c.run(views(), backend).map((x, k) => sum(mul(x, weights[k])));
      return losses.reduce((a, b) => add(a, b));
    }, wholes);
    const read: Record<string, Float32Array> = {};
    for (const [name, grad] of Object.entries(grads)) {
      expect(grad.shape, `the gradient of ${name}`).toEqual(wholes[name].shape);
      read[name] = grad.read();
      if (sliced && c.inputs[name].shape.length > 0) {
        const width = c.inputs[name].shape.at(-1) as number;
        const whole = array(grad.shape, read[name]);
        for (const [from, n] of [
          [0, BEFORE],
          [BEFORE + width, AFTER],
        ]) {
          const outside = columns(whole, from, n).data;
          expect(
            outside.every((x) => x === 0),
            `the gradient of ${name} is zero outside the slice: ${outside}`,
          ).toBe(true);
        }
        read[name] = Float32Array.from(columns(whole, BEFORE, width).data);
      }
    }
    return { value: value.read()[0], grads: read };
  });
}

/** The loss of the case in f64. */
function truthLoss(c: Case, weights: Array64[], inputs: Record<string, Array64>): number {
  let loss = 0;
  c.truth(inputs).forEach((x, k) => {
    for (let i = 0; i < x.data.length; i++) loss += x.data[i] * weights[k].data[i];
  });
  return loss;
}

const STEP = 1e-5;

/** Every element of every input's gradient against a central difference of the truth. For small shapes. */
export function expectGradients(backend: Backend, c: Case, { sliced = false, tolerance = GRADIENT }: Options = {}) {
  const weights = lossWeights(c);
  const { value, grads } = gradients(backend, c, sliced);
  // The weighted outputs may cancel: the error is relative to the size of the summands.
  const size = Math.sqrt(c.truth(c.inputs).reduce((n, x) => n + x.data.reduce((a, v) => a + v * v, 0), 0));
  expect(Math.abs(value - truthLoss(c, weights, c.inputs)) / (1e-3 + size), 'the loss').toBeLessThan(tolerance);
  for (const [name, x] of Object.entries(c.inputs)) {
    const moved = { shape: x.shape, data: x.data.slice() };
    const inputs = { ...c.inputs, [name]: moved };
    const want = x.data.map((value, i) => {
      moved.data[i] = value + STEP;
      const up = truthLoss(c, weights, inputs);
      moved.data[i] = value - STEP;
      const down = truthLoss(c, weights, inputs);
      moved.data[i] = value;
      return (up - down) / (2 * STEP);
    });
    expectClose(grads[name], want, tolerance, `the gradient of ${name} of ${describeInputs(c)}`);
  }
}

/** Each input's gradient along a few random directions. For shapes too large for every element. */
export function expectSlopes(backend: Backend, c: Case, { sliced = false, tolerance = 2e-3 }: Options = {}) {
  const weights = lossWeights(c);
  const { grads } = gradients(backend, c, sliced);
  const random = uniforms(99);
  for (const [name, x] of Object.entries(c.inputs)) {
    for (let k = 0; k < 4; k++) {
      const direction = x.data.map(() => (random() < 0.5 ? -1 : 1));
      const along = (step: number) => {
        const data = x.data.map((value, i) => value + step * direction[i]);
        return truthLoss(c, weights, { ...c.inputs, [name]: { shape: x.shape, data } });
      };
      const want = (along(STEP) - along(-STEP)) / (2 * STEP);
      const got = grads[name].reduce((total, g, i) => total + g * direction[i], 0);
      const size = Math.sqrt(grads[name].reduce((total, g) => total + g * g, 0));
      const error = Math.abs(got - want) / (1e-3 + size);
      expect(error, `the slope of ${name} of ${describeInputs(c)}: ${got}, want ${want}`).toBeLessThan(tolerance);
    }
  }
}

/** A NaN in any element of any input reaches the same outputs as in the truth. */
export function expectNaN(backend: Backend, c: Case, options: Options = {}): void {
  const random = uniforms(5);
  for (const [name, x] of Object.entries(c.inputs)) {
    if (x.data.length === 0) continue;
    let reaches = false;
    for (const place of [0, Math.floor(random() * x.data.length), x.data.length - 1]) {
      const data = x.data.slice();
      data[place] = NaN;
      const spoiled = { ...c, inputs: { ...c.inputs, [name]: { shape: x.shape, data } } };
      const outputs = spoiled.truth(spoiled.inputs);
      reaches ||= outputs.some((y) => y.data.some(Number.isNaN));
      expectValues(backend, spoiled, options);
    }
    expect(reaches, `the outputs depend on ${name}`).toBe(true);
  }
}

const describeInputs = ({ inputs }: Case) =>
  Object.entries(inputs)
    .map(([name, x]) => `${name} (${x.shape.join(', ')})`)
    .join(', ');
