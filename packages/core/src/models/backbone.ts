/**
 * What lies between the first vectors of a sequence and its last: blocks of residual layers, and a norm.
 *
 *   r ← r + x        x ← mixer(norm(r))        …        hidden = norm(r + x)
 *
 * Official: mamba_ssm/models/mixer_seq_simple.py, MixerModel, and modules/block.py.
 * One forward serves any length from any state: training, prefill, streaming and steps of one token.
 */
import { UsageError } from '../errors.ts';
import { blockOf } from '../families/blocks.ts';
import { familyOf } from '../families/registry.ts';
import { type ModelConfig, officialNames } from '../layers/config.ts';
import type { LayerDeclaration, Mixer } from '../layers/mixer.ts';
import { NormLayer } from '../layers/normLayer.ts';
import { type LayerState, State, type StateFields } from '../layers/state.ts';
import { documentAges, type Positions, positionsOn } from '../ops/positions.ts';
import type { ParameterTree } from '../tensor/parameters.ts';
import { hideFromScopes, scope } from '../tensor/scope.ts';
import { isRecording, within } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Which steps the rows of a batch hold, and where they read on. */
export interface Reading {
  readonly B: number;
  readonly L: number;
  /** Steps of each row, where they differ. */
  readonly lengths?: Int32Array;
  /** Where to read on; it is not changed. */
  readonly state?: State;
  /** (B, L): the running document index of each step. */
  readonly documents?: Int32Array;
}

/** So few steps may hold the memory of every layer until the forward ends: they are quicker so. */
const FEW_STEPS = 16;

interface ResidualLayer {
  /** The index of its block. */
  block: number;
  name: string;
  norm: NormLayer;
  mixer: Mixer;
}

export class Backbone {
  readonly stateFields: readonly StateFields[];
  private readonly layers: readonly ResidualLayer[];
  private readonly finalNorm: NormLayer;

  /** `blocks` gives the layers of block i: those of the config's family, unless they are to be wrapped. */
  constructor(
    tree: ParameterTree,
    private readonly config: ModelConfig,
    blocks: (i: number) => readonly LayerDeclaration[] = (i) => blockOf(config, i),
  ) {
    const names = familyOf(config.model).names ?? officialNames;
    this.layers = Array.from({ length: config.nLayer }, (_, i) => {
      const block = `${names.blocks}.${i}`;
      return blocks(i).map(({ norm, name, make }) => ({
        block: i,
        name: `${block}.${name}`,
        norm: new NormLayer(tree, `${block}.${norm}`, config),
        mixer: make(tree.child(`${block}.${name}`)),
      }));
    }).flat();
    this.finalNorm = new NormLayer(tree, names.finalNorm, config);
    this.stateFields = Array.from({ length: config.nLayer }, (_, i) => {
      const layers = this.layers.filter(({ block }) => block === i);
      return Object.assign({}, ...layers.map(({ mixer }) => mixer.stateFields));
    });
    hideFromScopes(this.stateFields);
  }

  /** Multiply-adds of mixing for the last of `length` steps, the linear maps aside. */
  mixingFlops(length: number): number {
    return this.layers.reduce((sum, { mixer: { mixingFlops, flopsPerStep = 0, stateFields } }) => {
      const seen = Math.min(length, stateFields.kv?.grows ?? 1);
      return sum + mixingFlops + flopsPerStep * (seen - 1);
    }, 0);
  }

  /** Steps of a document that every layer can read; Infinity where none has a bound. */
  get maxSteps(): number {
    return Math.min(...this.layers.map(({ mixer }) => mixer.maxSteps ?? Infinity));
  }

  /** Floats that a training step keeps for one step of a sequence. */
  get activations(): number {
    const { dModel } = this.config;
    return this.layers.reduce((sum, { mixer }) => sum + mixer.activations + 3 * dModel, 4 * dModel);
  }

  /** x: (B, L, dModel) → hidden (B, L, dModel), and the state after each row's last step. */
  forward(x: Tensor, { B, L, lengths, state: before, documents }: Reading): { hidden: Tensor; state: State } {
    if (before && before.batchSize !== B) {
      throw new UsageError(
        'forward',
        `the state has ${before.batchSize} rows, expected ${B}, as the tokens have. Read on with the same rows.`,
      );
    }
    before?.requireFit(this.stateFields);
    const places = documents && documentAges(documents, B, L, before?.ends, lengths);
    const positions = positionsOn(x.backend, B, L, places?.ages, lengths);
    const { hidden, layers } = this.mix(x, before, positions, B * L > FEW_STEPS);
    const lengthOf = (b: number) => lengths?.[b] ?? L;
    const read = Array.from({ length: B }, (_, b) => (before?.positions[b] ?? 0) + lengthOf(b));
    // Without document indices every row reads on in the document it was in.
    const ends = places?.ends ?? before?.ends?.map(({ document, age }, b) => ({ document, age: age + lengthOf(b) }));
    return { hidden, state: new State(layers, this.stateFields, read, ends) };
  }

  private mix(x: Tensor, before: State | undefined, positions: Positions, isLong: boolean) {
    let residual: Tensor | undefined;
    const layers: LayerState[] = this.stateFields.map(() => ({}));
    for (const layer of this.layers) {
      const run = () =>
        within(layer.name, () => residualLayer(layer, x, residual, before?.layers[layer.block], positions));
      const next = isLong ? scope(run) : run();
      if (isLong) release(x, next.residual);
      if (isLong && residual) release(residual, next.residual);
      x = next.y;
      residual = next.residual;
      Object.assign(layers[layer.block], next.state);
    }
    return { hidden: this.finalNorm.apply(x, residual).y, layers };
  }
}

function residualLayer(
  { norm, mixer }: ResidualLayer,
  x: Tensor,
  residual: Tensor | undefined,
  state: LayerState | undefined,
  positions: Positions,
): { y: Tensor; residual: Tensor; state: LayerState } {
  const normed = norm.apply(x, residual);
  return { ...mixer.forward(normed.y, state, positions), residual: normed.sum };
}

/** Without gradients, what a layer has read is not needed again: a long prompt holds one layer at a time. */
function release(tensor: Tensor, next: Tensor): void {
  if (tensor.storage !== next.storage && !isRecording()) tensor.dispose();
}
