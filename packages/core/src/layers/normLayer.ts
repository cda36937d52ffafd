/** The norm before each layer of a model, RMSNorm or LayerNorm by its config: declared once, applied with the residual. */
import { norm } from '../ops/norm.ts';
import { ones, type Parameter, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { ModelConfig } from './config.ts';

type NormConfig = Pick<ModelConfig, 'dModel' | 'rmsNorm' | 'normEpsilon'>;

/** Parameters `name.weight` (dModel) and, for LayerNorm, `name.bias`. */
export class NormLayer {
  private readonly weight: Parameter;
  private readonly bias?: Parameter;

  constructor(
    tree: ParameterTree,
    name: string,
    private readonly config: NormConfig,
  ) {
    const { dModel, rmsNorm } = config;
    this.weight = tree.parameter(`${name}.weight`, [dModel], ones, { decay: false });
    this.bias = rmsNorm ? undefined : tree.parameter(`${name}.bias`, [dModel], zeros, { decay: false });
  }

  /** x, residual: (…, dModel) → norm(x + residual) and the sum itself. */
  apply(x: Tensor, residual?: Tensor): { y: Tensor; sum: Tensor } {
    const { normEpsilon, rmsNorm } = this.config;
    return norm(x, this.weight.value, { bias: this.bias?.value, residual, eps: normEpsilon, centred: !rmsNorm });
  }
}
