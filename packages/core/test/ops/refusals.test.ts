import { afterAll, describe, expect, it } from 'vitest';
import { anyBackend as backend } from '../../../../test/support/backends.ts';
import * as ops from '../../src/ops/index.ts';
import { openBackend } from '../../src/tensor/backend.ts';
import { scope } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

const other = await openBackend('wasm', { threads: 1 });
afterAll(() => other.dispose());

const t = (...shape: number[]) => backend.zeros(shape);
const ints = (...values: number[]) => backend.ints(Int32Array.from(values), [values.length]);
const missing = undefined as unknown as Tensor;
const twoBackends =
  'the tensors are on two backends (wasm and wasm). Copy one over: other.tensor(await t.data(), t.shape).';
const positionsOf = (age?: Tensor, lengths?: Tensor) => ({ age, lengths });

/** A scan of u (2, 4, 8) with 3 states, and one input changed. */
const scan = (changed: Partial<Parameters<typeof ops.selectiveScan>[0]>) =>
  ops.selectiveScan({
    u: t(2, 4, 8),
    delta: t(2, 4, 8),
    A: t(8, 3),
    B: t(2, 4, 3),
    C: t(2, 4, 3),
    ...changed,
  });
const conv = (changed: Partial<ops.CausalConv1dInput>) =>
  ops.causalConv1d({ x: t(2, 4, 8), weight: t(8, 1, 4), ...changed });

const unaries: [name: string, op: (x: Tensor) => Tensor][] = [
  ['exp', ops.exp],
  ['gelu', ops.gelu],
  ['log', ops.log],
  ['neg', ops.neg],
  ['reciprocal', ops.reciprocal],
  ['relu', ops.relu],
  ['sigmoid', ops.sigmoid],
  ['silu', ops.silu],
  ['softplus', ops.softplus],
  ['sqrt', ops.sqrt],
  ['square', ops.square],
  ['tanh', ops.tanh],
];
const binaries: [name: string, op: (a: Tensor, b: Tensor) => Tensor][] = [
  ['add', ops.add],
  ['sub', ops.sub],
  ['mul', ops.mul],
  ['div', ops.div],
];
const reductions: [name: string, op: typeof ops.sum][] = [
  ['sum', ops.sum],
  ['mean', ops.mean],
];

const refused: [what: string, run: () => unknown, message: string][] = [
  ...unaries.flatMap(([name, op]): [string, () => unknown, string][] => [
    [
      `${name} of nothing`,
      () => op(missing),
      `${name}: x is undefined, expected a Tensor. Make one with backend.tensor(data, shape).`,
    ],
    [
      `${name} of NaN`,
      () => op(NaN as unknown as Tensor),
      `${name}: x is number, expected a Tensor. Make one with backend.tensor(data, shape).`,
    ],
    [
      `${name} of whole numbers`,
      () => op(ints(1, 2)),
      `${name}: x (2) is i32, expected f32. Make it with backend.tensor(data, shape).`,
    ],
  ]),
  ...binaries.flatMap(([name, op]): [string, () => unknown, string][] => [
    [`${name} of nothing`, () => op(t(2), missing), `${name}: b is undefined, expected a Tensor.`],
    [`${name} of null`, () => op(null as unknown as Tensor, t(2)), `${name}: a is null, expected a Tensor.`],
    [
      `${name} of shapes that do not broadcast`,
      () => op(t(2, 3), t(4)),
      `${name}: shapes (2, 3) and (4) do not broadcast: 3 meets 4. Make the axes equal, or one of them 1.`,
    ],
    [
      `${name} of 0 and 2`,
      () => op(t(0), t(2)),
      `${name}: shapes (0) and (2) do not broadcast: 0 meets 2. Make the axes equal, or one of them 1.`,
    ],
    [
      `${name} along alternating axes`,
      () => op(t(2, 1, 2, 1, 2), t(1, 2, 1, 2, 1)),
      `${name}: shapes (2, 1, 2, 1, 2) and (1, 2, 1, 2, 1) broadcast along 5 alternating axes, expected at most 4. Reshape first.`,
    ],
    [`${name} over two backends`, () => op(t(2), other.zeros([2])), `${name}: ${twoBackends}`],
  ]),
  [
    'gelu by another approximation',
    () => ops.gelu(t(2), 'fast' as 'tanh'),
    "gelu: approximate is fast, expected 'none' or 'tanh'.",
  ],
  ...reductions.flatMap(([name, op]): [string, () => unknown, string][] => [
    [`${name} of nothing`, () => op(missing), `${name}: a is undefined, expected a Tensor.`],
    [`${name} over an axis too many`, () => op(t(2, 3), [2]), `${name}: axis 2, expected one of the 2 axes of (2, 3).`],
    [
      `${name} over an axis before the first`,
      () => op(t(2, 3), [-3]),
      `${name}: axis -1, expected one of the 2 axes of (2, 3).`,
    ],
    [`${name} over axis NaN`, () => op(t(2, 3), [NaN]), `${name}: axis NaN, expected one of the 2 axes of (2, 3).`],
    [
      `${name} over a number`,
      () => op(t(2, 3), 1 as unknown as number[]),
      `${name}: axes is number, expected a list such as [0], or nothing for all axes.`,
    ],
  ]),
  ['linear of nothing', () => ops.linear(missing, t(3, 2)), 'linear: x is undefined, expected a Tensor.'],
  ['linear without weight', () => ops.linear(t(3, 2), missing), 'linear: weight is undefined, expected a Tensor.'],
  [
    'linear of another width',
    () => ops.linear(t(2, 3), t(4, 5)),
    'linear: x is (2, 3), expected a last axis of 5, the second axis of weight (4, 5).',
  ],
  ['linear of a scalar', () => ops.linear(t(), t(4, 1)), 'linear: x is (), expected a last axis of 1'],
  [
    'linear with a weight of 3 axes',
    () => ops.linear(t(2, 3), t(4, 3, 1)),
    'linear: weight is (4, 3, 1), expected 2 axes (out, in).',
  ],
  [
    'linear with another bias',
    () => ops.linear(t(2, 3), t(4, 3), t(3)),
    'linear: bias is (3), expected (4), the first axis of weight.',
  ],
  ['linear over two backends', () => ops.linear(t(2, 3), other.zeros([4, 3])), `linear: ${twoBackends}`],
  [
    'embedding of f32 ids',
    () => ops.embedding(t(3, 2), t(1)),
    'embedding: ids (1) is f32, expected i32. Make it with backend.ints(data, shape).',
  ],
  ['embedding of nothing', () => ops.embedding(t(3, 2), missing), 'embedding: ids is undefined, expected a Tensor.'],
  [
    'embedding of an id past the table',
    () => ops.embedding(t(3, 2), ints(0, 3)),
    'embedding: id 3 at 1, expected 0 to 2, the rows of the table.',
  ],
  [
    'embedding of a negative id',
    () => ops.embedding(t(3, 2), ints(-1)),
    'embedding: id -1 at 0, expected 0 to 2, the rows of the table.',
  ],
  ['embedding of a vector', () => ops.embedding(t(3), ints(0)), 'embedding: table is (3), expected 2 axes (V, D).'],
  [
    'embedding over two backends',
    () => ops.embedding(t(3, 2), other.ints(Int32Array.of(0), [1])),
    `embedding: ${twoBackends}`,
  ],
  [
    'rmsNorm with another weight',
    () => ops.rmsNorm(t(2, 3), t(2)),
    'rmsNorm: weight is (2), expected (3), the last axis of x.',
  ],
  ['rmsNorm without weight', () => ops.rmsNorm(t(2, 3), missing), 'rmsNorm: weight is undefined, expected a Tensor.'],
  ['rmsNorm with eps NaN', () => ops.rmsNorm(t(2, 3), t(3), NaN), 'rmsNorm: eps is NaN, expected a number ≥ 0.'],
  ['rmsNorm over two backends', () => ops.rmsNorm(t(2, 3), other.zeros([3])), `rmsNorm: ${twoBackends}`],
  [
    'layerNorm with another bias',
    () => ops.layerNorm(t(2, 3), t(3), t(2)),
    'layerNorm: bias is (2), expected (3), the last axis of x.',
  ],
  [
    'norm with another residual',
    () => ops.norm(t(2, 3), t(3), { residual: t(3, 3) }),
    'rmsNorm: residual is (3, 3), expected (2, 3), the shape of x.',
  ],
  ['softmax of nothing', () => ops.softmax(missing), 'softmax: x is undefined, expected a Tensor.'],
  ['softmax of no columns', () => ops.softmax(t(2, 0)), 'softmax: x is (2, 0), expected a last axis of at least 1.'],
  ['softmax of a scalar', () => ops.softmax(t()), 'softmax: x is (), expected a last axis of at least 1.'],
  [
    'crossEntropy of other targets',
    () => ops.crossEntropy(t(2, 3), Int32Array.of(1)),
    'crossEntropy: 1 targets, expected 2, the rows of logits (2, 3).',
  ],
  [
    'crossEntropy of a target past the classes',
    () => ops.crossEntropy(t(2, 3), Int32Array.of(1, 3)),
    'crossEntropy: target 3 at row 1, expected below 3, the last axis of logits.',
  ],
  [
    'crossEntropy of ignored targets',
    () => ops.crossEntropy(t(2, 3), Int32Array.of(-1, -100)),
    'crossEntropy: every target is ignored (negative), expected at least one that counts.',
  ],
  [
    'crossEntropy of no targets',
    () => ops.crossEntropy(t(0, 3), new Int32Array(0)),
    'crossEntropy: every target is ignored (negative), expected at least one that counts.',
  ],
  [
    'crossEntropy of a list',
    () => ops.crossEntropy(t(2, 3), [1, NaN] as unknown as Int32Array),
    'crossEntropy: targets is a list, expected an Int32Array. Make one with Int32Array.from().',
  ],
  [
    'crossEntropy without targets',
    () => ops.crossEntropy(t(2, 3), undefined as unknown as Int32Array),
    'crossEntropy: targets is undefined, expected an Int32Array.',
  ],
  [
    'reshape to another size',
    () => ops.reshape(t(2, 3), [4, 2]),
    'reshape: (4, 2) holds 8 values, expected 6, as (2, 3) does.',
  ],
  [
    'reshape to −1',
    () => ops.reshape(t(2, 3), [-1, 6]),
    'reshape: the shape is [-1, 6], expected a list of whole numbers ≥ 0.',
  ],
  [
    'reshape to two negative axes',
    () => ops.reshape(t(2, 3), [-2, -3]),
    'reshape: the shape is [-2, -3], expected a list of whole numbers ≥ 0.',
  ],
  ['reshape to halves', () => ops.reshape(t(2, 3), [1.5, 4]), 'reshape: the shape is [1.5, 4], expected a list'],
  ['reshape to NaN', () => ops.reshape(t(2, 3), [NaN]), 'reshape: the shape is [NaN], expected a list'],
  [
    'reshape to nothing',
    () => ops.reshape(t(2, 3), undefined as unknown as number[]),
    'reshape: the shape is undefined, expected a list',
  ],
  [
    'split into other widths',
    () => ops.split(t(2, 5), [2, 2]),
    'split: parts of 2 + 2, expected whole numbers that sum to 5, the last axis of (2, 5).',
  ],
  [
    'split into negative widths',
    () => ops.split(t(2, 5), [7, -2]),
    'split: parts of 7 + -2, expected whole numbers that sum to 5, the last axis of (2, 5).',
  ],
  [
    'split into unequal parts',
    () => ops.split(t(2, 5), 2),
    'split: 2 parts, expected a divisor of 5, the last axis of (2, 5).',
  ],
  ...[0, -1, 1.5, NaN].map((count): [string, () => unknown, string] => [
    `split into ${count} parts`,
    () => ops.split(t(2, 6), count),
    `split: ${count} parts, expected a divisor of 6, the last axis of (2, 6).`,
  ]),
  ['transposeLast of a vector', () => ops.transposeLast(t(3)), 'transposeLast: x is (3), expected at least 2 axes.'],
  ['causalConv1d of 2 axes', () => conv({ x: t(4, 8) }), 'causalConv1d: x is (4, 8), expected 3 axes (B, L, D).'],
  [
    'causalConv1d without weight',
    () => conv({ weight: missing }),
    'causalConv1d: weight is undefined, expected a Tensor.',
  ],
  [
    'causalConv1d of other channels',
    () => conv({ weight: t(7, 1, 4) }),
    'causalConv1d: weight is (7, 1, 4), expected (8, 1, 4), one filter for each channel of x.',
  ],
  ['causalConv1d of 9 taps', () => conv({ weight: t(8, 9) }), 'causalConv1d: weight has 9 taps, expected 1 to 8.'],
  ['causalConv1d of 0 taps', () => conv({ weight: t(8, 0) }), 'causalConv1d: weight has 0 taps, expected 1 to 8.'],
  [
    'causalConv1d with another bias',
    () => conv({ bias: t(4) }),
    'causalConv1d: bias is (4), expected (8), the channels of x.',
  ],
  [
    'causalConv1d from a state of K − 1 inputs',
    () => conv({ state: t(2, 3, 8) }),
    'causalConv1d: state is (2, 3, 8), expected (2, 4, 8), the last K inputs of each row.',
  ],
  [
    'causalConv1d with another activation',
    () => conv({ activation: 'relu' as 'silu' }),
    "causalConv1d: activation is relu, expected 'silu' or 'none'.",
  ],
  ['causalConv1d over two backends', () => conv({ bias: other.zeros([8]) }), `causalConv1d: ${twoBackends}`],
  [
    'causalConv1d with ages of another shape',
    () => conv({ positions: positionsOf(backend.ints(new Int32Array(4), [1, 4])) }),
    'causalConv1d: positions.age is (1, 4), expected (2, 4), one for each row and step.',
  ],
  [
    'selectiveScan of nothing',
    () => scan({ u: missing }),
    'selectiveScan: u is undefined, expected a Tensor. Make one with backend.tensor(data, shape).',
  ],
  ['selectiveScan of 2 axes', () => scan({ u: t(4, 8) }), 'selectiveScan: u is (4, 8), expected 3 axes (B, L, D).'],
  [
    'selectiveScan with another delta',
    () => scan({ delta: t(2, 4, 4) }),
    'selectiveScan: delta is (2, 4, 4), expected (2, 4, 8), the shape of u.',
  ],
  [
    'selectiveScan without A, from a state',
    () => scan({ A: missing, initialState: t(2, 8, 3) } as never),
    'selectiveScan: A is undefined, expected a Tensor.',
  ],
  [
    'selectiveScan with another A',
    () => scan({ A: t(4, 3) }),
    'selectiveScan: A is (4, 3), expected (8, 3), one row for each channel of u.',
  ],
  [
    'selectiveScan with 3 groups over 8 channels',
    () => scan({ B: t(2, 4, 3, 3), C: t(2, 4, 3, 3) }),
    'selectiveScan: B has 3 groups, expected a divisor of D = 8. Use 1, 2, 4 or 8 groups.',
  ],
  [
    'selectiveScan with 0 groups',
    () => scan({ B: t(2, 4, 0, 3), C: t(2, 4, 0, 3) }),
    'selectiveScan: B has 0 groups, expected a divisor of D = 8. Use 1, 2, 4 or 8 groups.',
  ],
  [
    'selectiveScan with B of 2 axes',
    () => scan({ B: t(4, 3) }),
    'selectiveScan: B is (4, 3), expected 4 axes (B, L, G, N), or 3 axes (B, L, N).',
  ],
  ['selectiveScan without B', () => scan({ B: missing }), 'selectiveScan: B is undefined, expected a Tensor.'],
  [
    'selectiveScan with other states in B',
    () => scan({ B: t(2, 4, 5) }),
    'selectiveScan: B is (2, 4, 5), expected (2, 4, 3), the rows and steps of u, the states of A.',
  ],
  [
    'selectiveScan with another C',
    () => scan({ C: t(2, 4, 1, 3) }),
    'selectiveScan: C is (2, 4, 1, 3), expected (2, 4, 3), the shape of B.',
  ],
  [
    'selectiveScan with another D',
    () => scan({ D: t(4) }),
    'selectiveScan: D is (4), expected (8), the channels of u.',
  ],
  [
    'selectiveScan with another z',
    () => scan({ z: t(2, 4) }),
    'selectiveScan: z is (2, 4), expected (2, 4, 8), the shape of u.',
  ],
  [
    'selectiveScan with another deltaBias',
    () => scan({ deltaBias: t(1) }),
    'selectiveScan: deltaBias is (1), expected (8), the channels of u.',
  ],
  [
    'selectiveScan from a transposed state',
    () => scan({ initialState: t(2, 3, 8) } as never),
    'selectiveScan: initialState is (2, 3, 8), expected (2, 8, 3), a state for each row, channel and state dimension.',
  ],
  ['selectiveScan over two backends', () => scan({ D: other.zeros([8]) }), `selectiveScan: ${twoBackends}`],
  [
    'selectiveScan with lengths of another count',
    () => scan({ positions: positionsOf(undefined, ints(4)) }),
    'selectiveScan: positions.lengths is (1), expected (2), one for each row.',
  ],
  [
    'selectiveScan with f32 ages',
    () => scan({ positions: positionsOf(t(2, 4)) }),
    'selectiveScan: positions.age (2, 4) is f32, expected i32. Make it with backend.ints(data, shape).',
  ],
  [
    'selectiveScan with ages elsewhere',
    () => scan({ positions: positionsOf(undefined, other.ints(Int32Array.of(1, 1), [2])) }),
    'selectiveScan: positions are on another backend. Make them with positionsOn(backend, …).',
  ],
];

describe('operations refuse', () => {
  it.each(refused)('%s', (_, run, message) => {
    const used = backend.heap.used;
    expect(() => scope(run)).toThrow(message);
    expect(backend.heap.used, 'memory').toBe(used);
  });

  it('a tensor whose memory was freed', () => {
    const x = t(2, 3);
    x.dispose();
    const uses: (() => unknown)[] = [() => ops.exp(x), () => ops.sum(x), () => ops.linear(t(1, 3), x), () => x.read()];
    for (const use of uses) {
      expect(() => scope(use)).toThrow(
        'A tensor of shape (2, 3) was used after its memory was freed. Return it from the scope that made it, or keep it with keep().',
      );
    }
  });
});
