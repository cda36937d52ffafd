/**
 * The gated MLP that may follow a block's mixer, as in mamba_ssm/modules/mlp.py (GatedMLP).
 *
 *   v, g = fc1(x)        y = fc2(v · silu(g))
 *
 * Position by position: it has no state. The width is rounded up to a multiple of 128.
 */
import { mul, silu } from '../ops/elementwise.ts';
import { split } from '../ops/shape.ts';
import { linearInit, type ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type ModelConfig, residualScale } from './config.ts';
import { applyLinear, declareLinear, type LinearMap } from './linearMap.ts';
import type { LayerDeclaration, Mixer } from './mixer.ts';
import type { LayerState, StateFields } from './state.ts';

const WIDTH_MULTIPLE = 128;

export class GatedMlp implements Mixer {
  readonly stateFields: StateFields = {};
  readonly mixingFlops: number;
  readonly activations: number;
  private readonly fc1: LinearMap;
  private readonly fc2: LinearMap;

  constructor(tree: ParameterTree, config: ModelConfig, dIntermediate: number) {
    const { dModel } = config;
    const width = Math.ceil(dIntermediate / WIDTH_MULTIPLE) * WIDTH_MULTIPLE;
    this.mixingFlops = 2 * width;
    // Both halves, silu of the gate and the product; the output.
    this.activations = 4 * width + dModel;
    this.fc1 = declareLinear(tree, 'fc1', [2 * width, dModel], linearInit(dModel));
    this.fc2 = declareLinear(tree, 'fc2', [dModel, width], linearInit(width, residualScale(config)));
  }

  forward(x: Tensor): { y: Tensor; state: LayerState } {
    const [value, gate] = split(applyLinear(this.fc1, x), 2);
    return { y: applyLinear(this.fc2, mul(value, silu(gate))), state: {} };
  }
}

/** What a config's dIntermediate adds to each block; 0 adds nothing. */
export function gatedMlpLayers(config: ModelConfig): LayerDeclaration[] {
  const width = config.dIntermediate;
  if (typeof width !== 'number' || width === 0) return [];
  return [{ norm: 'norm2', name: 'mlp', make: (tree) => new GatedMlp(tree, config, width) }];
}
