/**
 * A small neural state space model that finds a system from its inputs and outputs alone.
 *
 *   xₜ = xₜ₋₁ + Δ (W xₜ₋₁ + b uₜ)      yₜ = C xₜ      x₀ = 0
 *
 * AdamW learns W, b and C through the unrolled recurrence, from experiments that start at rest. Any basis of the state
 * gives the same y, so only the eigenvalues are identified: λ = log(eig(I + ΔW)) / Δ.
 */
import { UsageError } from '../errors.ts';
import { type Complex, logarithm, over } from '../math/complex.ts';
import { eigenvalues } from '../math/eigenvalues.ts';
import { add as addMatrix, identity, type Matrix, scale } from '../math/matrix.ts';
import { add, linear, mul, square, sub, sum } from '../ops/index.ts';
import type { Backend } from '../tensor/backend.ts';
import { AdamW, gradientNorm } from '../tensor/optimizer.ts';
import { normal, ParameterTree } from '../tensor/parameters.ts';
import { keep, scope } from '../tensor/scope.ts';
import { valueAndGrad } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Gradients through many steps are large at times: their norm is clipped to this. */
const MAX_NORM = 1;

/** Inputs and measured outputs of a system with one input and one output. */
export interface SystemExperiments {
  /** Seconds between samples. */
  step: number;
  /** inputs[k][t] is held until outputs[k][t] is measured. */
  inputs: number[][];
  outputs: number[][];
}

/** How a system is identified. */
export interface IdentificationOptions {
  /** States of the model. Default: 2. */
  order?: number;
  /** Steps of AdamW. Default: 300. */
  updates?: number;
  /** Default: 0.05. */
  learningRate?: number;
  /** Seed of the first values. Default: 1. */
  seed?: number;
}

/** The identified system. */
export interface IdentifiedSystem {
  /** The recurrence's matrix, and its eigenvalues in continuous time. */
  A: Matrix;
  eigenvalues: Complex[];
  /** Mean squared error after each update, over the outputs' mean square. */
  losses: number[];
}

/** Throws UsageError where inputs and outputs differ in number or length. */
export async function identifySystem(
  { step, inputs, outputs }: SystemExperiments,
  backend: Backend,
  { order = 2, updates = 300, learningRate = 0.05, seed = 1 }: IdentificationOptions = {},
): Promise<IdentifiedSystem> {
  checkExperiments(inputs, outputs);
  const tree = new ParameterTree();
  const W = tree.parameter('W', [order, order], normal(0.1));
  const b = tree.parameter('b', [order, 1], normal(0.5));
  const C = tree.parameter('C', [1, order], normal(0.5));
  await tree.place(backend, (parameter) => parameter.initial(seed));
  const optimizer = new AdamW(tree.list(), { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0 });

  const batch = inputs.length;
  const power = outputs.flat().reduce((total, y) => total + y * y, 0);
  const at = (rows: number[][], t: number) =>
    keep(
      backend.tensor(
        rows.map((row) => row[t]),
        [batch, 1],
      ),
    );
  const series = inputs[0].map((_, t) => ({ u: at(inputs, t), target: at(outputs, t) }));
  const fixed = { start: keep(backend.zeros([batch, order])), step: keep(backend.full([], step)) };
  const weight = keep(backend.full([], 1 / power));

  const loss = (): Tensor => {
    const [kept, forced] = [mul(W.value, fixed.step), mul(b.value, fixed.step)];
    let x = fixed.start;
    let total: Tensor | undefined;
    for (const { u, target } of series) {
      x = add(x, add(linear(x, kept), linear(u, forced)));
      const error = square(sub(linear(x, C.value), target));
      total = total ? add(total, error) : error;
    }
    return mul(sum(total as Tensor), weight);
  };

  const losses: number[] = [];
  for (let k = 0; k < updates; k++) {
    scope(() => {
      const { value, grads } = valueAndGrad(loss, tree.tensors());
      losses.push(value.read()[0]);
      // A cosine down to 0: the last updates settle.
      const rate = (learningRate * (1 + Math.cos((Math.PI * k) / updates))) / 2;
      optimizer.step(grads, rate, Math.min(1, MAX_NORM / gradientNorm(grads)));
    });
  }
  const w = W.value.read();
  const rows = Array.from({ length: order }, (_, i) => Array.from(w.subarray(i * order, (i + 1) * order)));
  const A = addMatrix(identity(order), scale(rows, step));
  const constants = [...series.flatMap(({ u, target }) => [u, target]), fixed.start, fixed.step, weight];
  for (const tensor of [...constants, ...Object.values(tree.tensors())]) tensor.dispose();
  optimizer.dispose();
  return { A, eigenvalues: eigenvalues(A).map((value) => over(logarithm(value), step)), losses };
}

function checkExperiments(inputs: number[][], outputs: number[][]): void {
  const length = inputs[0]?.length ?? 0;
  const sizes = [...inputs, ...outputs].map((row) => row.length);
  if (length === 0 || inputs.length !== outputs.length || sizes.some((size) => size !== length)) {
    throw new UsageError(
      'identifySystem',
      `${inputs.length} inputs and ${outputs.length} outputs of ${[...new Set(sizes)].join(', ')} samples, ` +
        'expected the same number of outputs and inputs, all of one length. Cut the longer ones.',
    );
  }
}
