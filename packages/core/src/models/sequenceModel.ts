/**
 * A model of sequences: the class of a sequence, or the values that belong to it, as a whole or step by step.
 *
 *   outputs = decoder(pool(backbone(encoder(inputs))))
 *
 * encoder: an embedding of tokens, or a linear map of the real numbers of a step. backbone: of any family, in one
 * direction or in both. pool: the mean, the last step or the maximum; none where each step has outputs.
 * Parameters: `encoder.weight` and `encoder.bias` (or the embedding of the family), the blocks and the last norm under
 * the names of the family (bidirectional.ts names what both directions add), `decoder.weight` and `decoder.bias`.
 */
import { UsageError } from '../errors.ts';
import { type Family, officialNames } from '../families/family.ts';
import { bothWays } from '../layers/bidirectional.ts';
import { paddedVocabSize } from '../layers/config.ts';
import { applyLinear, declareLinear, type LinearMap } from '../layers/linearMap.ts';
import { NormLayer } from '../layers/normLayer.ts';
import { State, type StateFields } from '../layers/state.ts';
import { crossEntropy } from '../ops/crossEntropy.ts';
import { embedding } from '../ops/embedding.ts';
import { pool } from '../ops/pool.ts';
import { squaredError } from '../ops/squaredError.ts';
import { linearInit, normal, zeros } from '../tensor/parameters.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Backbone } from './backbone.ts';
import { Model } from './model.ts';
import { type AnySequenceConfig, blockConfig, writeSequence } from './sequenceConfig.ts';
import {
  flatTargets,
  type SequenceInput,
  type SequenceRows,
  type SequenceTargets,
  sequenceRows,
} from './sequenceRows.ts';

/** What a sequence model reads besides its inputs. */
export interface SequenceOptions {
  /** Where to continue; it is not changed. Default: the start of the sequences. */
  state?: State;
  /** (B, L): the running document index of each step; a change begins another sequence. Only for output 'step'. */
  documents?: Int32Array;
}

/** A classifier or a regression of sequences. Made by createSequenceModel() and loadSequenceModel(). */
export class SequenceModel extends Model {
  declare readonly config: AnySequenceConfig;
  readonly stateFields: readonly StateFields[];
  /** Numbers of one output: classes or values. */
  readonly dOutput: number;
  private readonly encode: (rows: SequenceRows) => Tensor;
  private readonly backbone: Backbone;
  private readonly decoder: LinearMap;

  /** Declares the parameters. They have no values before place() or a checkpoint gives them. */
  constructor(config: AnySequenceConfig, family: Family) {
    super(config, family);
    const { dModel, dInput, output, pooling, bidirectional } = config;
    this.dOutput = config.nClasses || config.nTargets;
    if (dInput > 0) {
      const map = declareLinear(this.tree, 'encoder', [dModel, dInput], linearInit(dInput), zeros);
      this.encode = ({ inputs, B, L }) => applyLinear(map, this.backend.tensor(inputs as Float32Array, [B, L, dInput]));
    } else {
      const names = family.names ?? officialNames;
      const table = this.tree.parameter(names.embedding, [paddedVocabSize(config), dModel], normal(0.02));
      const norm =
        names.embeddingNorm === undefined ? undefined : new NormLayer(this.tree, names.embeddingNorm, config);
      this.encode = ({ inputs, B, L }) => {
        const x = embedding(table.value, this.backend.ints(inputs as Int32Array, [B, L]));
        return norm ? norm.apply(x).y : x;
      };
    }
    const wrap = bidirectional === 'none' ? undefined : bothWays(bidirectional, dModel);
    this.backbone = new Backbone(this.tree, blockConfig(config), family, wrap);
    this.decoder = declareLinear(this.tree, 'decoder', [this.dOutput, dModel], linearInit(dModel), zeros);
    // What was pooled so far is a state after those of the blocks.
    const pooled = output === 'sequence' && pooling !== 'last' && bidirectional === 'none';
    this.stateFields = [...this.backbone.stateFields, ...(pooled ? [{ pool: { shape: [dModel] } }] : [])];
  }

  override get maxSteps(): number {
    return this.backbone.maxSteps;
  }

  override twin(): SequenceModel {
    return new SequenceModel(this.config, this.family);
  }

  override toJSON(): Record<string, unknown> {
    return writeSequence(this.family, this.config);
  }

  override forwardZeros(B: number, L: number, state?: State): State {
    return this.forward(this.zeros(B, L), { state }).state;
  }

  override lossOfZeros(B: number, L: number): Tensor {
    const { nTargets, output } = this.config;
    const targets = new Float64Array(B * (output === 'step' ? L : 1) * (nTargets || 1));
    return this.loss(this.zeros(B, L), targets);
  }

  private zeros(B: number, L: number): SequenceInput {
    const { dInput } = this.config;
    return { inputs: dInput > 0 ? new Float32Array(B * L * dInput) : new Int32Array(B * L), B, L };
  }

  /**
   * Reads B rows of any L ≥ 1 steps, from any state; without a state they start. The given state is not changed.
   * @returns outputs, and the state after the last step of each row. Output 'sequence': (B, dOutput), for all that each
   * row has read. Output 'step': (B, L, dOutput), which has no meaning after the end of a row.
   */
  forward(input: SequenceInput, options: SequenceOptions = {}): { outputs: Tensor; state: State } {
    return scope(() => this.read(sequenceRows(input, this.config), options));
  }

  /**
   * The mean loss, a scalar: cross-entropy in nats over class indices (negative ones are ignored), or squared error over
   * values (NaN is ignored).
   */
  loss(input: SequenceInput, targets: SequenceTargets, options: SequenceOptions = {}): Tensor {
    return scope(() => {
      const rows = sequenceRows(input, this.config);
      const { nClasses, nTargets, output } = this.config;
      const [width, missing] = nClasses > 0 ? [1, -1] : [nTargets, Number.NaN];
      const flat = flatTargets(targets, rows, { width, output, missing });
      const { outputs } = this.read(rows, options);
      if (nClasses === 0) return squaredError(outputs, Float32Array.from(flat));
      const at = flat.findIndex((target) => !Number.isInteger(target));
      if (at >= 0) throw new UsageError('loss', `target ${flat[at]} at ${at}, expected the index of a class.`);
      return crossEntropy(outputs, Int32Array.from(flat));
    });
  }

  private read(rows: SequenceRows, { state: before, documents }: SequenceOptions): { outputs: Tensor; state: State } {
    const { output, pooling, bidirectional } = this.config;
    const { B, L, lengths } = rows;
    if (before && bidirectional !== 'none') {
      throw new UsageError(
        'forward',
        `got a state, but the model is bidirectional ('${bidirectional}'): it needs the end of a sequence for its first output. ` +
          "Give whole sequences without a state, or train with bidirectional 'none'.",
      );
    }
    if (documents && output === 'sequence') {
      throw new UsageError(
        'forward',
        "got documents, but each row has one output ('sequence'). Give each sequence as a row of its own; rows may differ in length.",
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
