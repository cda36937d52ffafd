/**
 * A language model: embedding (and a norm, in some families), the backbone, head.
 *
 *   logits = head(backbone(embedding(tokens)))
 *
 * Official: mamba_ssm/models/mixer_seq_simple.py, MambaLMHeadModel.
 */

import { familyOf } from '../families/registry.ts';
import { type ModelConfig, officialNames, paddedVocabSize } from '../layers/config.ts';
import { NormLayer } from '../layers/normLayer.ts';
import type { State, StateFields } from '../layers/state.ts';
import { crossEntropy } from '../ops/crossEntropy.ts';
import { embedding } from '../ops/embedding.ts';
import { linear } from '../ops/linear.ts';
import { reshape } from '../ops/shape.ts';
import { normal, type Parameter } from '../tensor/parameters.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Backbone } from './backbone.ts';
import { Model } from './model.ts';
import { checkTokens, flattenTargets, type TokenInput, tokenRows } from './tokens.ts';

export interface ForwardOptions {
  /** Where to read on; it is not changed. Default: the start of a sequence. */
  state?: State;
  /** (B, L): the running document index of each token; a change resets state and convolution. */
  documents?: Int32Array;
  /** 'last': the logits of each row's last token alone, (B, 1, vocab). */
  logits?: 'all' | 'last';
}

export class LanguageModel extends Model {
  readonly paddedVocabSize: number;
  private readonly embedding: Parameter;
  private readonly embeddingNorm?: NormLayer;
  private readonly backbone: Backbone;
  private readonly head: Parameter;

  /** Declares the parameters; they have no values before place() or a checkpoint gives them. */
  constructor(config: ModelConfig) {
    super(config);
    const family = familyOf(config.model);
    const { dModel } = config;
    this.paddedVocabSize = paddedVocabSize(config);
    const names = family.names ?? officialNames;
    this.embedding = this.tree.parameter(names.embedding, [this.paddedVocabSize, dModel], normal(0.02));
    if (names.embeddingNorm !== undefined) {
      this.embeddingNorm = new NormLayer(this.tree, names.embeddingNorm, config);
    }
    this.backbone = new Backbone(this.tree, config);
    this.head = config.tieEmbeddings
      ? this.embedding
      : this.tree.parameter(names.head, [this.paddedVocabSize, dModel], normal(0.02));
  }

  /** A tied head is the embedding: checkpoints may list it, `parameters` does not. */
  override get repeated(): string | undefined {
    const { model, tieEmbeddings } = this.config;
    return tieEmbeddings ? (familyOf(model).names ?? officialNames).head : undefined;
  }

  override get stateFields(): readonly StateFields[] {
    return this.backbone.stateFields;
  }

  override flopsAt(length: number): number {
    const tied = this.config.tieEmbeddings ? this.embedding.size : 0;
    return this.mapSizes(this.embedding) + tied + this.backbone.mixingFlops(length);
  }

  override get maxSteps(): number {
    return this.backbone.maxSteps;
  }

  override get activationsPerToken(): number {
    return this.backbone.activations;
  }

  override get outputsPerToken(): number {
    return this.paddedVocabSize;
  }

  /**
   * Any L ≥ 1, from any state; no state means the start of a sequence. The state given is not changed.
   * Rows of different lengths are read as far as they go: logits beyond a row's end mean nothing.
   */
  forward(tokens: TokenInput, options: ForwardOptions = {}): { logits: Tensor; state: State } {
    return scope(() => {
      const rows = tokenRows(tokens);
      const { hidden, state } = this.hidden(rows, options);
      const last = options.logits === 'last' ? this.lastOf(hidden, rows) : hidden;
      return { logits: linear(last, this.head.value), state };
    });
  }

  /** Mean cross-entropy in nats. Negative targets are ignored. */
  loss(tokens: TokenInput, targets: readonly (readonly number[])[] | Int32Array, options: ForwardOptions = {}): Tensor {
    return this.lossAndState(tokens, targets, options).loss;
  }

  /** As loss(), with the state after the last token, for reading on. */
  lossAndState(
    tokens: TokenInput,
    targets: readonly (readonly number[])[] | Int32Array,
    options: ForwardOptions = {},
  ): { loss: Tensor; state: State } {
    return scope(() => {
      const rows = tokenRows(tokens);
      const { hidden, state } = this.hidden(rows, options);
      const logits = linear(hidden, this.head.value);
      return { loss: crossEntropy(logits, flattenTargets(targets, rows)), state };
    });
  }

  private hidden(rows: ReturnType<typeof tokenRows>, options: ForwardOptions): { hidden: Tensor; state: State } {
    const { tokens, B, L, lengths } = rows;
    checkTokens(rows, this.paddedVocabSize);
    const ids = this.backend.ints(tokens, [B, L]);
    const embedded = embedding(this.embedding.value, ids);
    const x = this.embeddingNorm ? this.embeddingNorm.apply(embedded).y : embedded;
    return this.backbone.forward(x, { B, L, lengths, state: options.state, documents: options.documents });
  }

  private lastOf(hidden: Tensor, { B, L, lengths }: ReturnType<typeof tokenRows>): Tensor {
    const ends = Int32Array.from({ length: B }, (_, b) => b * L + Math.max(0, (lengths?.[b] ?? L) - 1));
    return embedding(reshape(hidden, [B * L, this.config.dModel]), this.backend.ints(ends, [B, 1]));
  }
}
