/**
 * A language model: embedding (and a norm, in some families), the backbone, head.
 *
 *   logits = head(backbone(embedding(tokens)))
 *
 * Official: mamba_ssm/models/mixer_seq_simple.py, MambaLMHeadModel.
 */
import { type Family, officialNames, writeOfficial } from '../families/family.ts';
import { type AnyConfig, paddedVocabSize } from '../layers/config.ts';
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

/** What a language model reads besides tokens. */
export interface ForwardOptions {
  /** Where to continue; it is not changed. Default: the start of a sequence. */
  state?: State;
  /** (B, L): the running document index of each token; a change resets the state. Default: one document. */
  documents?: Int32Array;
  /** 'last': only the logits of the last token of each row, (B, 1, vocab). Default: 'all'. */
  logits?: 'all' | 'last';
}

/** A model of tokens: logits of the next one. Made by createModel() and loadModel(). */
export class LanguageModel extends Model {
  readonly paddedVocabSize: number;
  private readonly embedding: Parameter;
  private readonly embeddingNorm?: NormLayer;
  private readonly backbone: Backbone;
  private readonly head: Parameter;

  /** Declares the parameters. They have no values before place() or a checkpoint gives them. */
  constructor(config: AnyConfig, family: Family) {
    super(config, family);
    const { dModel } = config;
    this.paddedVocabSize = paddedVocabSize(config);
    const names = family.names ?? officialNames;
    this.embedding = this.tree.parameter(names.embedding, [this.paddedVocabSize, dModel], normal(0.02));
    if (names.embeddingNorm !== undefined) {
      this.embeddingNorm = new NormLayer(this.tree, names.embeddingNorm, config);
    }
    this.backbone = new Backbone(this.tree, config, family);
    this.head = config.tieEmbeddings
      ? this.embedding
      : this.tree.parameter(names.head, [this.paddedVocabSize, dModel], normal(0.02));
  }

  /** A tied head is the embedding. Checkpoints may list it; `parameters` does not. */
  override get repeated(): string | undefined {
    return this.config.tieEmbeddings ? (this.family.names ?? officialNames).head : undefined;
  }

  override get stateFields(): readonly StateFields[] {
    return this.backbone.stateFields;
  }

  override get maxSteps(): number {
    return this.backbone.maxSteps;
  }

  override twin(): LanguageModel {
    return new LanguageModel(this.config, this.family);
  }

  override toJSON(): Record<string, unknown> {
    return writeOfficial(this.family, this.config);
  }

  override forwardZeros(B: number, L: number, state?: State): State {
    return this.forward({ tokens: new Int32Array(B * L), B, L }, { state, logits: 'last' }).state;
  }

  override lossOfZeros(B: number, L: number): Tensor {
    return this.loss({ tokens: new Int32Array(B * L), B, L }, new Int32Array(B * L));
  }

  /**
   * Reads B rows of any L ≥ 1 tokens, from any state; without a state they start. The given state is not changed.
   * Rows may differ in length: logits after the end of a row have no meaning.
   * @returns logits (B, L, padded vocabulary), and the state after the last token of each row
   */
  forward(tokens: TokenInput, options: ForwardOptions = {}): { logits: Tensor; state: State } {
    return scope(() => {
      const rows = tokenRows(tokens);
      const { hidden, state } = this.hidden(rows, options);
      const last = options.logits === 'last' ? this.lastOf(hidden, rows) : hidden;
      return { logits: linear(last, this.head.value), state };
    });
  }

  /** Mean cross-entropy in nats, a scalar. Targets are token ids, one for each token; negative ones are ignored. */
  loss(tokens: TokenInput, targets: readonly (readonly number[])[] | Int32Array, options: ForwardOptions = {}): Tensor {
    return this.lossAndState(tokens, targets, options).loss;
  }

  /** The loss, and the state after the last token, from which the next batch can continue. */
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
