/** What a layer is to the model around it: a sequence mixer, or what follows one in a block. */
import type { Positions } from '../ops/positions.ts';
import type { ParameterTree } from '../tensor/parameters.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LayerState, StateFields } from './state.ts';

/** What a layer returns: y (B, L, D), and its state after the last step of each row. */
export interface LayerOutput {
  y: Tensor;
  state: LayerState;
}

/** A layer of a block. Its constructor declares parameters; forward() uses their values. */
export interface Mixer {
  /** The tensors of its state, by name. A layer that sees one step at a time has none. */
  readonly stateFields: StateFields;
  /** Steps of a document that it can read. Default: any number. */
  readonly maxSteps?: number;
  /**
   * x: (B, L, dModel), any L ≥ 1 → y: (B, L, dModel), and the state after the last step.
   * Without a state the sequence starts here; the mixer decides what that means: zeros, or an exponent of −1e38.
   */
  forward(x: Tensor, state: LayerState | undefined, positions: Positions): LayerOutput;
}

/** The sequence layer inside a Mamba or H3 block: (B, L, D) → (B, L, D). With a gate, y is multiplied by silu(gate). */
export interface InnerLayer extends Mixer {
  forward(x: Tensor, state: LayerState | undefined, positions: Positions, gate?: Tensor): LayerOutput;
}

/** One residual layer of a block: r ← r + x, x ← mixer(norm(r)). `make` declares the parameters. */
export interface LayerDeclaration {
  /** The name of the norm in checkpoints, inside the block. */
  readonly norm: string;
  /** The name of the mixer in checkpoints, inside the block. */
  readonly name: string;
  make(tree: ParameterTree): Mixer;
}
