/** What every sequence layer is to the model around it. */
import type { Positions } from '../ops/positions.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LayerState, StateFields } from './state.ts';

export interface Mixer {
  readonly stateFields: StateFields;
  /** x: (B, L, dModel), from `state` or from the start → y: (B, L, dModel) and the state after. */
  forward(x: Tensor, state: LayerState | undefined, positions: Positions): { y: Tensor; state: LayerState };
  /** Multiply-adds for one token, the linear maps aside: for `info`. */
  readonly mixingFlops: number;
  /** Floats that a training step keeps for one token. */
  readonly activations: number;
}
