/**
 * A language model: embedding (and a norm, in some families), the backbone, head.
 *
 *   logits = head(backbone(embedding(tokens)))
 *
 * Official: mamba_ssm/models/mixer_seq_simple.py, MambaLMHeadModel.
 */
import { crossEntropy } from '../ops/crossEntropy.ts';
import { embedding } from '../ops/embedding.ts';
import { linear } from '../ops/linear.ts';
import { reshape } from '../ops/shape.ts';
import type { Backend } from '../tensor/backend.ts';
import { normal, type Parameter, ParameterTree } from '../tensor/parameters.ts';
import { scope } from '../tensor/scope.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Backbone } from './backbone.ts';
import { type ModelConfig, officialNames, paddedVocabSize } from './config.ts';
import { NormLayer } from './normLayer.ts';
import { familyOf } from './registry.ts';
import { readState, type State, type StateFields } from './state.ts';
import { checkTokens, flattenTargets, tokenRows, type TokenInput } from './tokens.ts';

export interface ForwardOptions {
  /** Where to read on; it is not changed. Default: the start of a sequence. */
  state?: State;
  /** (B, L): the running document index of each token; a change resets state and convolution. */
  documents?: Int32Array;
  /** 'last': the logits of each row's last token alone, (B, 1, vocab). */
  logits?: 'all' | 'last';
}

export class LanguageModel {
  readonly tree = new ParameterTree();
  readonly paddedVocabSize: number;
  private readonly embedding: Parameter;
  private readonly embeddingNorm?: NormLayer;
  private readonly backbone: Backbone;
  private readonly head: Parameter;
  private home?: Backend;

  /** Declares the parameters; they have no values before place() or a checkpoint gives them. */
  constructor(readonly config: ModelConfig) {
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

  get backend(): Backend {
    if (!this.home) throw new Error('The model has no values yet. Use createModel() or loadModel().');
    return this.home;
  }

  /** Puts the parameters on a backend with the values that `source` gives, one tensor at a time. */
  async place(backend: Backend, source: (parameter: Parameter) => Float32Array | Promise<Float32Array>): Promise<this> {
    await this.tree.place(backend, source);
    this.home = backend;
    return this;
  }

  /** Under the names of the official checkpoints. A tied lm_head is not listed. */
  get parameters(): Record<string, Tensor> {
    return this.tree.tensors();
  }

  /** How the state of each block looks. */
  get stateFields(): readonly StateFields[] {
    return this.backbone.stateFields;
  }

  /** Multiply-adds for the first token: every weight of a linear map once, and the mixing. */
  get flopsPerToken(): number {
    return this.flopsAt(1);
  }

  /** The same for the last of `length` tokens: attention reads what was cached. */
  flopsAt(length: number): number {
    const maps = this.tree
      .list()
      .filter(({ shape, name, decay }) => shape.length === 2 && decay && name !== this.embedding.name);
    const head = this.paddedVocabSize * this.config.dModel;
    const tied = this.config.tieEmbeddings ? head : 0;
    return maps.reduce((sum, { size }) => sum + size, tied) + this.backbone.mixingFlops(length);
  }

  /** Floats that a training step keeps for one token, logits aside. */
  get activationsPerToken(): number {
    return this.backbone.activations;
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

  /** Reads a state that State.save() wrote. */
  loadState(bytes: Uint8Array): Promise<State> {
    return readState(bytes, this.backend, this.stateFields);
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
