/**
 * The part of a model between the first vectors of a sequence and its last: blocks of residual layers, and a norm.
 *
 *   r ← r + x        x ← mixer(norm(r))        …        hidden = norm(r + x)
 *
 * One forward() serves any length from any state: training, prefill, streaming, and steps of one token.
 * Official: mamba_ssm/models/mixer_seq_simple.py, MixerModel, and modules/block.py.
 */
import { UsageError } from '../errors.ts';
import { blockOf } from '../families/blocks.ts';
import { type Family, officialNames } from '../families/family.ts';
import type { ModelConfig } from '../layers/config.ts';
import type { LayerDeclaration, Mixer } from '../layers/layer.ts';
import { NormLayer } from '../layers/normLayer.ts';
import { type LayerState, State, type StateFields } from '../layers/state.ts';
import { documentAges, type Positions, positionsOn } from '../ops/positions.ts';
import type { ParameterTree } from '../tensor/parameters.ts';
import { scope } from '../tensor/scope.ts';
import { isRecording, within } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Which steps the rows of a batch hold, and where they continue. */
export interface Reading {
  readonly B: number;
  readonly L: number;
  /** Steps of each row, where they differ. */
  readonly lengths?: Int32Array;
  /** Where the rows continue; it is not changed. Default: the start of the sequences. */
  readonly state?: State;
  /** (B, L): the running document index of each step. */
  readonly documents?: Int32Array;
}

/** Up to this number of steps, the memory of every layer is held until the forward ends: that is faster. */
const FEW_STEPS = 16;

interface ResidualLayer {
  /** The index of its block. */
  block: number;
  name: string;
  norm: NormLayer;
  mixer: Mixer;
}

/** The blocks of a model and its last norm. */
export class Backbone {
  /** The state of each block. */
  readonly stateFields: readonly StateFields[];
  private readonly layers: readonly ResidualLayer[];
  private readonly finalNorm: NormLayer;

  /** `wrap` may change each layer of the family, for example into a bidirectional one. */
  constructor(
    tree: ParameterTree,
    config: ModelConfig,
    family: Family,
    wrap: (layer: LayerDeclaration) => LayerDeclaration = (layer) => layer,
  ) {
    const names = family.names ?? officialNames;
    this.layers = Array.from({ length: config.nLayer }, (_, i) => {
      const block = `${names.blocks}.${i}`;
      return blockOf(family, config, i)
        .map(wrap)
        .map(({ norm, name, make }) => ({
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
  }

  /** Steps of a document that every layer can read; Infinity where none has a bound. */
  get maxSteps(): number {
    return Math.min(...this.layers.map(({ mixer }) => mixer.maxSteps ?? Infinity));
  }

  /** x: (B, L, dModel) → hidden (B, L, dModel), and the state after the last step of each row. */
  forward(x: Tensor, { B, L, lengths, state: before, documents }: Reading): { hidden: Tensor; state: State } {
    if (before && before.batchSize !== B) {
      throw new UsageError(
        'forward',
        `the state has ${before.batchSize} rows, expected ${B}, the rows of the input. Continue with the same rows.`,
      );
    }
    before?.requireFit(this.stateFields);
    const places = documents && documentAges(documents, B, L, before?.ends, lengths);
    const positions = positionsOn(x.backend, B, L, places?.ages, lengths);
    const { hidden, layers } = this.mix(x, before, positions, B * L > FEW_STEPS);
    const lengthOf = (b: number) => lengths?.[b] ?? L;
    const read = Array.from({ length: B }, (_, b) => (before?.positions[b] ?? 0) + lengthOf(b));
    // Without document indices every row continues in its document.
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

/** Without gradients the input of a layer is not needed again: a long prompt holds one layer at a time. */
function release(tensor: Tensor, next: Tensor): void {
  if (tensor.storage !== next.storage && !isRecording()) tensor.dispose();
}
