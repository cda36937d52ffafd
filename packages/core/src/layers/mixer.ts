/** What every layer is to the model around it: sequence mixers, and what follows them in a block. */
import type { Positions } from '../ops/positions.ts';
import type { ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LayerState, StateFields } from './state.ts';

export interface Mixer {
  readonly stateFields: StateFields;
  /**
   * x: (B, L, dModel), from `state` or, without one, from the start → y: (B, L, dModel) and the state after.
   * What an empty state holds is the mixer's own affair: zeros, or an exponent of −1e38.
   */
  forward(x: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState };
  /** Multiply-adds for one token, the linear maps aside: for `info`. */
  readonly mixingFlops: number;
  /** Multiply-adds more for each further step of the cache that the token sees. Default: none. */
  readonly flopsPerStep?: number;
  /** Steps of a document that it can read, where there is a bound. */
  readonly maxSteps?: number;
  /** Floats that a training step keeps for one token. */
  readonly activations: number;
}

/** One residual layer of a block: r ← r + x, x ← mixer(norm(r)). Declared before its parameters are. */
export interface LayerDeclaration {
  /** The names of the norm and of the layer in checkpoints. */
  readonly norm: string;
  readonly name: string;
  make(tree: ParameterTree): Mixer;
}
