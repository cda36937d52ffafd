/**
 * Layers that read a sequence in both directions, each direction with parameters of its own.
 *
 *   f = mixer(x)        b = reverse(mixer′(reverse(x)))
 *   add: y = f + b      concat: y = W [f, b]      gate: g = σ(W x + bias), y = g f + (1 − g) b
 *
 * Such a layer needs the end of a sequence for its first output, so it has no state.
 * Parameters: the mixer's own names for f, `reverse.…` for b, `join.weight`, or `gate.weight` and `gate.bias`.
 */
import { add, mul, sigmoid, sub } from '../ops/elementwise.ts';
import { linear } from '../ops/linear.ts';
import type { Positions } from '../ops/positions.ts';
import { reverse, reversePositions } from '../ops/reverse.ts';
import { contiguous, split } from '../ops/shape.ts';
import { linearInit, type ParameterTree, zeros } from '../tensor/parameters.ts';
import { beneath } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LayerDeclaration, LayerOutput, Mixer } from './layer.ts';
import { applyLinear, declareLinear } from './linearMap.ts';
import type { LayerState, StateFields } from './state.ts';

/** How the two directions are joined; see the head of the file. */
export const joins = ['add', 'concat', 'gate'] as const;
/** One of `joins`. */
export type Join = (typeof joins)[number];

/** Makes a layer read in both directions. A layer without a state sees one step at a time and stays as it is. */
export const bothWays =
  (join: Join, dModel: number) =>
  (layer: LayerDeclaration): LayerDeclaration => ({
    ...layer,
    make(tree) {
      const forward = layer.make(tree);
      if (Object.keys(forward.stateFields).length === 0) return forward;
      return new BidirectionalMixer(forward, layer.make(tree.child('reverse')), joinOf(tree, join, dModel));
    },
  });

type JoinTwo = (forward: Tensor, backward: Tensor, x: Tensor) => Tensor;

class BidirectionalMixer implements Mixer {
  readonly stateFields: StateFields = {};
  readonly maxSteps?: number;

  constructor(
    private readonly ahead: Mixer,
    private readonly back: Mixer,
    private readonly join: JoinTwo,
  ) {
    this.maxSteps = ahead.maxSteps;
  }

  forward(x: Tensor, _state: LayerState | undefined, positions: Positions): LayerOutput {
    const ahead = this.ahead.forward(x, undefined, positions).y;
    const back = beneath('reverse', () =>
      this.back.forward(reverse(x, positions), undefined, reversePositions(positions)),
    ).y;
    return { y: this.join(ahead, reverse(back, positions), x), state: {} };
  }
}

function joinOf(tree: ParameterTree, join: Join, dModel: number): JoinTwo {
  if (join === 'add') return add;
  if (join === 'gate') {
    const gate = declareLinear(tree, 'gate', [dModel, dModel], linearInit(dModel), zeros);
    return (ahead, back, x) => add(back, mul(sigmoid(applyLinear(gate, x)), sub(ahead, back)));
  }
  const { weight } = declareLinear(tree, 'join', [dModel, 2 * dModel], linearInit(2 * dModel));
  return (ahead, back) => {
    const [forAhead, forBack] = split(weight.value, 2).map(contiguous);
    return add(linear(ahead, forAhead), linear(back, forBack));
  };
}
