/** The config of a model: the fields that every family has. Their checks and their spellings are in families/. */

/** A checked config. Each family adds fields of its own, such as MambaConfig. */
export interface ModelConfig {
  /** The family, a name in the registry. Default: 'mamba'. */
  model: string;
  /** Kinds of tokens. */
  vocabSize: number;
  /** Channels between the blocks. */
  dModel: number;
  /** Blocks. */
  nLayer: number;
  /** RMSNorm instead of LayerNorm. Default: true. */
  rmsNorm: boolean;
  /** ε of the norms. Default: 1e-5. */
  normEpsilon: number;
  /** Rows of the embedding are padded to a multiple of this. Default: 8. */
  padVocabSizeMultiple: number;
  /** The head uses the weights of the embedding. Default: true. */
  tieEmbeddings: boolean;
  /** Width of the gated MLP after each mixer, 0 for none; families of mamba_ssm have it. Default: 0. */
  dIntermediate?: number;
  /** Blocks, from 0, whose mixer is attention; families of mamba_ssm have them. Default: none. */
  attnLayerIdx?: readonly number[];
  /** The official attn_cfg of these blocks, e.g. { num_heads: 4, causal: true }. */
  attnCfg?: Readonly<Record<string, unknown>>;
}

/** A checked config of any family, with the fields of that family. */
export type AnyConfig = ModelConfig & Readonly<Record<string, unknown>>;

/** Rows of the embedding: vocabSize, padded. */
export function paddedVocabSize({
  vocabSize,
  padVocabSizeMultiple,
}: Pick<ModelConfig, 'vocabSize' | 'padVocabSizeMultiple'>): number {
  return Math.ceil(vocabSize / padVocabSizeMultiple) * padVocabSizeMultiple;
}

/**
 * The factor of the first values of the last map of a residual layer: 1 / √(number of residual layers).
 * Official: mamba_ssm/models/mixer_seq_simple.py, _init_weights, rescale_prenorm_residual.
 */
export function residualScale({ nLayer, dIntermediate }: Pick<ModelConfig, 'nLayer' | 'dIntermediate'>): number {
  return 1 / Math.sqrt(nLayer * (dIntermediate ? 2 : 1));
}
