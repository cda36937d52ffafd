/**
 * A model of sequences: what class one is of, or which values belong to it, as a whole or step by step.
 *
 *   outputs = decoder(pool(backbone(encoder(inputs))))
 *
 * encoder: an embedding of tokens, or a linear map of the real numbers of a step. backbone: of any
 * family, in one direction or in both. pool: mean, last or largest step; none where each step has outputs.
 * Parameters: `encoder.weight`, `encoder.bias` (or the family's embedding), the family's own names of
 * blocks and last norm (bidirectional.ts names what both directions add), `decoder.weight`, `decoder.bias`.
 */
import { UsageError } from '../errors.ts';
import { blockOf } from '../families/blocks.ts';
import { familyOf } from '../families/registry.ts';
import { bothWays } from '../layers/bidirectional.ts';
import { officialNames, paddedVocabSize } from '../layers/config.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import { NormLayer } from '../layers/normLayer.ts';
import { State, type StateFields } from '../layers/state.ts';
import { crossEntropy } from '../ops/crossEntropy.ts';
import { embedding } from '../ops/embedding.ts';
import { pool } from '../ops/pool.ts';
import { squaredError } from '../ops/squaredError.ts';
import { linearInit, normal, type Parameter, zeros } from '../tensor/parameters.ts';
import { hideFromScopes, scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Backbone } from './backbone.ts';
import { Model } from './model.ts';
import { blockConfig, type SequenceConfig } from './sequenceConfig.ts';
import {
  flatTargets,
  type SequenceInput,
  type SequenceRows,
  type SequenceTargets,
  sequenceRows,
} from './sequenceRows.ts';

export interface SequenceOptions {
  /** Where to read on; it is not changed. Default: the start of the sequences. */
  state?: State;
  /** (B, L): the running document index of each step; a change begins another sequence. Outputs by step only. */
  documents?: Int32Array;
}

export class SequenceModel extends Model {
  declare readonly config: SequenceConfig;
  readonly stateFields: readonly StateFields[];
  /** Numbers of an output: classes or values. */
  readonly dOutput: number;
  private readonly encode: (rows: SequenceRows) => Tensor;
  private readonly embeddingRows?: Parameter;
  private readonly backbone: Backbone;
  private readonly decoder: LinearMap;

  constructor(config: SequenceConfig) {
    super(config);
    const { dModel, dInput, output, pooling, bidirectional } = config;
    this.dOutput = config.nClasses || config.nTargets;
    if (dInput > 0) {
      const map = declareLinear(this.tree, 'encoder', [dModel, dInput], linearInit(dInput), zeros);
      this.encode = ({ inputs, B, L }) => applyLinear(map, this.backend.tensor(inputs as Float32Array, [B, L, dInput]));
    } else {
      const names = familyOf(config.model).names ?? officialNames;
      const table = this.tree.parameter(names.embedding, [paddedVocabSize(config), dModel], normal(0.02));
      const norm =
        names.embeddingNorm === undefined ? undefined : new NormLayer(this.tree, names.embeddingNorm, config);
      this.embeddingRows = table;
      this.encode = ({ inputs, B, L }) => {
        const x = embedding(table.value, this.backend.ints(inputs as Int32Array, [B, L]));
        return norm ? norm.apply(x).y : x;
      };
    }
    const inner = blockConfig(config);
    this.backbone = new Backbone(this.tree, inner, (i) =>
      bidirectional === 'none'
        ? blockOf(inner, i)
        : blockOf(inner, i).map((layer) => bothWays(layer, bidirectional, dModel)),
    );
    this.decoder = declareLinear(this.tree, 'decoder', [this.dOutput, dModel], linearInit(dModel), zeros);
    // What was pooled so far is remembered behind the last block.
    const pooled = output === 'sequence' && pooling !== 'last' && bidirectional === 'none';
    this.stateFields = [...this.backbone.stateFields, ...(pooled ? [{ pool: { shape: [dModel] } }] : [])];
    hideFromScopes(this.stateFields);
  }

  override flopsAt(length: number): number {
    return this.mapSizes(this.embeddingRows) + this.backbone.mixingFlops(length);
  }

  override get maxSteps(): number {
    return this.backbone.maxSteps;
  }

  override get activationsPerToken(): number {
    return this.backbone.activations;
  }

  override get outputsPerToken(): number {
    return this.config.output === 'step' ? this.dOutput : 0;
  }

  /**
   * Any length, from any state; no state means the start. → outputs (B, dOutput), of all that each row has read,
   * or (B, L, dOutput), and the state after the last step. Outputs beyond a row's end mean nothing.
   */
  forward(input: SequenceInput, options: SequenceOptions = {}): { outputs: Tensor; state: State } {
    return scope(() => this.read(sequenceRows(input, this.config), options));
  }

  /**
   * Mean cross-entropy in nats over class indices (negative: ignored), or mean squared error over values
   * (NaN: missing).
   */
  loss(input: SequenceInput, targets: SequenceTargets, options: SequenceOptions = {}): Tensor {
    return scope(() => {
      const rows = sequenceRows(input, this.config);
      const { nClasses, nTargets, output } = this.config;
      const [width, missing] = nClasses > 0 ? [1, -1] : [nTargets, Number.NaN];
      const flat = flatTargets(targets, rows, { width, output, missing });
      const { outputs } = this.read(rows, options);
      if (nClasses === 0) return squaredError(outputs, Float32Array.from(flat));
      const strange = flat.findIndex((target) => !Number.isInteger(target));
      if (strange >= 0)
        throw new UsageError('loss', `target ${flat[strange]} at ${strange}, expected the index of a class.`);
      return crossEntropy(outputs, Int32Array.from(flat));
    });
  }

  private read(rows: SequenceRows, { state: before, documents }: SequenceOptions): { outputs: Tensor; state: State } {
    const { output, pooling, bidirectional } = this.config;
    const { B, L, lengths } = rows;
    if (before && bidirectional !== 'none') {
      throw new UsageError(
        'forward',
        `got a state, but the model is bidirectional ('${bidirectional}'): it needs the end of a sequence for its beginning. ` +
          "Give whole sequences without a state, or train with bidirectional 'none'.",
      );
    }
    if (documents && output === 'sequence') {
      throw new UsageError(
        'forward',
        "got documents, but the output is one for each row ('sequence'). Give each sequence as a row of its own; rows may differ in length.",
      );
    }
    before?.requireFit(this.stateFields);
    const blocks = this.backbone.stateFields.length;
    const inner =
      before && new State(before.layers.slice(0, blocks), this.backbone.stateFields, before.positions, before.ends);
    const { hidden, state } = this.backbone.forward(this.encode(rows), { B, L, lengths, state: inner, documents });
    if (output === 'step') return { outputs: applyLinear(this.decoder, hidden), state };
    const pooled = pool(pooling, {
      x: hidden,
      lengths,
      before: before && { state: before.layers[blocks]?.pool, steps: before.positions },
    });
    const remembers = pooled.state && this.stateFields.length > blocks;
    const layers = remembers ? [...state.layers, { pool: pooled.state as Tensor }] : state.layers;
    return {
      outputs: applyLinear(this.decoder, pooled.y),
      state: new State(layers, this.stateFields, state.positions, state.ends),
    };
  }
}
