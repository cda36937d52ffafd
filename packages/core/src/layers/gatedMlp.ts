/**
 * The gated MLP that may follow a block's mixer, as in mamba_ssm/modules/mlp.py (GatedMLP).
 *
 *   v, g = fc1(x)        y = fc2(v · silu(g))
 *
 * It sees one step at a time and has no state. The width is rounded up to a multiple of 128.
 */
import { mul, silu } from '../ops/elementwise.ts';
import { split } from '../ops/shape.ts';
import { linearInit, type ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type ModelConfig, residualScale } from './config.ts';
import type { LayerDeclaration, LayerOutput, Mixer } from './layer.ts';
import { applyLinear, declareLinear, type LinearMap } from './linearMap.ts';
import type { StateFields } from './state.ts';

const WIDTH_MULTIPLE = 128;

/** (B, L, dModel) → (B, L, dModel), one step at a time. */
export class GatedMlp implements Mixer {
  readonly stateFields: StateFields = {};
  private readonly fc1: LinearMap;
  private readonly fc2: LinearMap;

  constructor(tree: ParameterTree, config: ModelConfig, dIntermediate: number) {
    const { dModel } = config;
    const width = Math.ceil(dIntermediate / WIDTH_MULTIPLE) * WIDTH_MULTIPLE;
    this.fc1 = declareLinear(tree, 'fc1', [2 * width, dModel], linearInit(dModel));
    this.fc2 = declareLinear(tree, 'fc2', [dModel, width], linearInit(width, residualScale(config)));
  }

  forward(x: Tensor): LayerOutput {
    const [value, gate] = split(applyLinear(this.fc1, x), 2);
    return { y: applyLinear(this.fc2, mul(value, silu(gate))), state: {} };
  }
}

/** The layers that dIntermediate adds to each block; 0 adds none. */
export function gatedMlpLayers(config: ModelConfig): LayerDeclaration[] {
  const { dIntermediate = 0 } = config;
  if (dIntermediate === 0) return [];
  return [{ norm: 'norm2', name: 'mlp', make: (tree) => new GatedMlp(tree, config, dIntermediate) }];
}
