/**
 * The layer around S4D and S4, as in state-spaces/s4 models/s4/s4d.py.
 *
 *   y = inner(x)      output = GLU(W gelu(y) + b)
 */
import type { Positions } from '../ops/positions.ts';
import { s4dOutput } from '../ops/s4d.ts';
import { linearInit, type Parameter, type ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { ModelConfig } from './config.ts';
import type { InnerLayer } from './innerLayer.ts';
import type { Mixer } from './mixer.ts';
import type { LayerState, StateFields } from './state.ts';

export class OutputMapMixer implements Mixer {
  readonly stateFields: StateFields;
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly weight: Parameter;
  private readonly bias: Parameter;
  private readonly gated: boolean;

  constructor(
    tree: ParameterTree,
    private readonly inner: InnerLayer,
    { dModel: H, glu }: ModelConfig & { glu: boolean },
  ) {
    const out = glu ? 2 * H : H;
    this.gated = glu;
    this.stateFields = inner.stateFields;
    this.mixingFlops = inner.mixingFlops + out * H;
    // gelu(y), the map's output, gate and output.
    this.activations = inner.activations + H + (glu ? 4 * H : 0) + out;
    this.weight = tree.parameter('output_linear.0.weight', [out, H, 1], linearInit(H));
    this.bias = tree.parameter('output_linear.0.bias', [out], linearInit(H), { decay: false });
  }

  forward(x: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState } {
    const inner = this.inner.forward(x, state, positions);
    return { y: s4dOutput(inner.y, this.weight.value, this.bias.value, this.gated), state: inner.state };
  }
}
