/**
 * The layer around S4 and S4D, as in state-spaces/s4 models/s4/s4d.py.
 *
 *   y = inner(x)      output = GLU(W gelu(y) + b)
 */
import type { Positions } from '../ops/positions.ts';
import { s4dOutput } from '../ops/s4d.ts';
import { linearInit, type Parameter, type ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { InnerLayer, LayerOutput, Mixer } from './layer.ts';
import type { LayerState, StateFields } from './state.ts';

/** (B, L, dModel) → (B, L, dModel). State: that of the inner layer. */
export class OutputMapMixer implements Mixer {
  readonly stateFields: StateFields;
  private readonly weight: Parameter;
  private readonly bias: Parameter;
  private readonly gated: boolean;

  /** Without `glu` the output is W gelu(y) + b. */
  constructor(
    tree: ParameterTree,
    private readonly inner: InnerLayer,
    { dModel, glu }: { dModel: number; glu: boolean },
  ) {
    const outputs = glu ? 2 * dModel : dModel;
    this.gated = glu;
    this.stateFields = inner.stateFields;
    this.weight = tree.parameter('output_linear.0.weight', [outputs, dModel, 1], linearInit(dModel));
    this.bias = tree.parameter('output_linear.0.bias', [outputs], linearInit(dModel), { decay: false });
  }

  forward(x: Tensor, state: LayerState | undefined, positions: Positions): LayerOutput {
    const inner = this.inner.forward(x, state, positions);
    return { y: s4dOutput(inner.y, this.weight.value, this.bias.value, this.gated), state: inner.state };
  }
}
