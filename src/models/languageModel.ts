/**
 * A language model: embedding (and a norm, in some families), blocks of residual layers (norm, mixer), norm, head.
 *
 *   r ← r + x        x ← mixer(norm(r))        …        logits = head(norm(r + x))
 *
 * Official: mamba_ssm/models/mixer_seq_simple.py, MambaLMHeadModel and modules/block.py.
 * One forward serves any length from any state: training, prefill, streaming and steps of one token.
 */
import { crossEntropy } from '../ops/crossEntropy.ts';
import { embedding } from '../ops/embedding.ts';
import { linear } from '../ops/linear.ts';
import { norm } from '../ops/norm.ts';
import { documentAges, type Positions, positionsOn } from '../ops/positions.ts';
import { reshape } from '../ops/shape.ts';
import type { Backend } from '../tensor/backend.ts';
import { normal, ones, type Parameter, ParameterTree, zeros } from '../tensor/parameters.ts';
import { hideFromScopes, scope } from '../tensor/scope.ts';
import { isRecording, within } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type ModelConfig, officialNames, paddedVocabSize } from './config.ts';
import type { Mixer } from './mixer.ts';
import { familyOf } from './registry.ts';
import { type LayerState, readState, State, type StateFields } from './state.ts';
import { checkTokens, flattenTargets, tokenRows, type TokenInput } from './tokens.ts';

export interface ForwardOptions {
  /** Where to read on; it is not changed. Default: the start of a sequence. */
  state?: State;
  /** (B, L): the running document index of each token; a change resets state and convolution. */
  documents?: Int32Array;
  /** 'last': the logits of each row's last token alone, (B, 1, vocab). */
  logits?: 'all' | 'last';
}

interface NormParameters {
  weight: Parameter;
  bias?: Parameter;
}

/** So few tokens may hold the memory of every layer until the forward ends: steps are quicker so. */
const FEW_TOKENS = 16;

interface ResidualLayer {
  /** The index of its block. */
  block: number;
  name: string;
  norm: NormParameters;
  mixer: Mixer;
}

export class LanguageModel {
  readonly tree = new ParameterTree();
  readonly paddedVocabSize: number;
  readonly stateFields: readonly StateFields[];
  private readonly embedding: Parameter;
  private readonly embeddingNorm?: NormParameters;
  private readonly layers: readonly ResidualLayer[];
  private readonly finalNorm: NormParameters;
  private readonly head: Parameter;
  private home?: Backend;

  /** Declares the parameters; they have no values before place() or a checkpoint gives them. */
  constructor(readonly config: ModelConfig) {
    const family = familyOf(config.model);
    const { dModel, nLayer } = config;
    this.paddedVocabSize = paddedVocabSize(config);
    const names = family.names ?? officialNames;
    this.embedding = this.tree.parameter(names.embedding, [this.paddedVocabSize, dModel], normal(0.02));
    this.embeddingNorm = names.embeddingNorm === undefined ? undefined : this.declareNorm(names.embeddingNorm);
    this.layers = Array.from({ length: nLayer }, (_, i) => {
      const block = `${names.blocks}.${i}`;
      return family.block(config, i).map(({ norm: normName, name, make }) => ({
        block: i,
        name: `${block}.${name}`,
        norm: this.declareNorm(`${block}.${normName}`),
        mixer: make(this.tree.child(`${block}.${name}`)),
      }));
    }).flat();
    this.finalNorm = this.declareNorm(names.finalNorm);
    this.head = config.tieEmbeddings
      ? this.embedding
      : this.tree.parameter(names.head, [this.paddedVocabSize, dModel], normal(0.02));
    this.stateFields = Array.from({ length: nLayer }, (_, i) => {
      const layers = this.layers.filter(({ block }) => block === i);
      return Object.assign({}, ...layers.map(({ mixer }) => mixer.stateFields));
    });
    hideFromScopes(this.stateFields);
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

  /** Multiply-adds for one token: every weight of a linear map once, and the mixing. */
  get flopsPerToken(): number {
    const maps = this.tree
      .list()
      .filter(({ shape, name, decay }) => shape.length === 2 && decay && name !== this.embedding.name);
    const head = this.paddedVocabSize * this.config.dModel;
    const tied = this.config.tieEmbeddings ? head : 0;
    const mixing = this.layers.reduce((sum, { mixer }) => sum + mixer.mixingFlops, 0);
    return maps.reduce((sum, { size }) => sum + size, tied) + mixing;
  }

  /** Floats that a training step keeps for one token, logits aside. */
  get activationsPerToken(): number {
    const { dModel } = this.config;
    return this.layers.reduce((sum, { mixer }) => sum + mixer.activations + 3 * dModel, 4 * dModel);
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
    const { backend } = this;
    const { tokens, B, L, lengths } = rows;
    checkTokens(rows, this.paddedVocabSize);
    const before = options.state;
    if (before && before.batchSize !== B) {
      throw new Error(
        `forward: the state has ${before.batchSize} rows, expected ${B}, as the tokens have. Read on with the same rows.`,
      );
    }
    before?.requireFit(this.stateFields);
    const documents = options.documents && documentAges(options.documents, B, L, before?.ends, lengths);
    const positions = positionsOn(backend, B, L, documents?.ages, lengths);
    let x = embedding(this.embedding.value, backend.ints(tokens, [B, L]));
    if (this.embeddingNorm) x = this.applyNorm(this.embeddingNorm, x).y;
    let residual: Tensor | undefined;
    const after: LayerState[] = this.stateFields.map(() => ({}));
    const isLong = B * L > FEW_TOKENS;
    for (const layer of this.layers) {
      const run = () =>
        within(layer.name, () => this.residualLayer(layer, x, residual, before?.layers[layer.block], positions));
      const next = isLong ? scope(run) : run();
      if (isLong) this.release(x, next.residual);
      if (isLong && residual) this.release(residual, next.residual);
      x = next.y;
      residual = next.residual;
      Object.assign(after[layer.block], next.state);
    }
    const hidden = this.applyNorm(this.finalNorm, x, residual).y;
    const lengthOf = (b: number) => lengths?.[b] ?? L;
    const read = Array.from({ length: B }, (_, b) => (before?.positions[b] ?? 0) + lengthOf(b));
    // Without document indices every row reads on in the document it was in.
    const ends = documents?.ends ?? before?.ends?.map(({ document, age }, b) => ({ document, age: age + lengthOf(b) }));
    return { hidden, state: new State(after, this.stateFields, read, ends) };
  }

  private residualLayer(
    { norm: parameters, mixer }: ResidualLayer,
    x: Tensor,
    residual: Tensor | undefined,
    state: LayerState | undefined,
    positions: Positions,
  ): { y: Tensor; residual: Tensor; state: LayerState } {
    const normed = this.applyNorm(parameters, x, residual);
    return { ...mixer.forward(normed.y, state, positions), residual: normed.sum };
  }

  /** Without gradients, what a layer has read is not needed again: a long prompt holds one layer at a time. */
  private release(tensor: Tensor, next: Tensor): void {
    if (tensor.storage !== next.storage && !isRecording()) tensor.dispose();
  }

  private lastOf(hidden: Tensor, { B, L, lengths }: ReturnType<typeof tokenRows>): Tensor {
    const ends = Int32Array.from({ length: B }, (_, b) => b * L + Math.max(0, (lengths?.[b] ?? L) - 1));
    return embedding(reshape(hidden, [B * L, this.config.dModel]), this.backend.ints(ends, [B, 1]));
  }

  private declareNorm(name: string): NormParameters {
    const { dModel, rmsNorm } = this.config;
    return {
      weight: this.tree.parameter(`${name}.weight`, [dModel], ones, { decay: false }),
      bias: rmsNorm ? undefined : this.tree.parameter(`${name}.bias`, [dModel], zeros, { decay: false }),
    };
  }

  private applyNorm({ weight, bias }: NormParameters, x: Tensor, residual?: Tensor): { y: Tensor; sum: Tensor } {
    const { normEpsilon, rmsNorm } = this.config;
    return norm(x, weight.value, { bias: bias?.value, residual, eps: normEpsilon, centred: !rmsNorm });
  }
}
