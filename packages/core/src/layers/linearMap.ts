/** A linear map under the names of checkpoints, `name.weight` and `name.bias`: declared once, applied in forward. */
import { linear } from '../ops/linear.ts';
import type { Init, Parameter, ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The parameters of a linear map: weight (out, in), bias (out). */
export interface LinearMap {
  readonly weight: Parameter;
  readonly bias?: Parameter;
}

/** shape: (out, in, …). Without `biasInit` there is no bias. A bias does not decay. */
export function declareLinear(
  tree: ParameterTree,
  name: string,
  shape: readonly number[],
  init: Init,
  biasInit?: Init,
): LinearMap {
  return {
    weight: tree.parameter(`${name}.weight`, shape, init),
    bias: biasInit && tree.parameter(`${name}.bias`, [shape[0]], biasInit, { decay: false }),
  };
}

/** x: (…, in) → (…, out) */
export const applyLinear = (map: LinearMap, x: Tensor): Tensor => linear(x, map.weight.value, map.bias?.value);
