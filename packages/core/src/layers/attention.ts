/**
 * Causal self-attention as a mixer (Vaswani et al. 2017), with rotary embedding and a cache.
 *
 *   q, k, v = linear maps of the input      q, k rotated by their positions
 *   y = linear map of attention(q, k, v)
 *
 * Two layouts of parameters: 'llama' (q_proj, k_proj, v_proj, o_proj), and 'mha' of mamba_ssm/modules/mha.py, which
 * hybrids use: in_proj with rows [q; k; v], out_proj, and a causal convolution over q, k and v where dConv > 0.
 */
import { UsageError } from '../errors.ts';
import { attention, MAX_HEAD } from '../ops/attention.ts';
import { causalConv1d } from '../ops/causalConv1d.ts';
import type { KeyValueCache } from '../ops/keyValueCache.ts';
import type { Positions } from '../ops/positions.ts';
import { rotary } from '../ops/rotary.ts';
import { split } from '../ops/shape.ts';
import { linearInit, type ParameterTree, zeros } from '../tensor/parameters.ts';
import type { Shape, Tensor } from '../tensor/tensor.ts';
import type { LayerOutput, Mixer } from './layer.ts';
import { applyLinear, declareLinear, type LinearMap } from './linearMap.ts';
import type { LayerState, StateFields } from './state.ts';

/** The sizes and the kind of an attention layer. */
export interface AttentionOptions {
  dModel: number;
  heads: number;
  /** Heads of keys and values. */
  kvHeads: number;
  headDim: number;
  layout: 'llama' | 'mha';
  qkvBias: boolean;
  outBias: boolean;
  /** Channels of a head that are rotated by the position; 0: none. */
  rotaryDims: number;
  rotaryBase: number;
  interleaved?: boolean;
  /** Layout 'mha': taps of the convolution over q, k and v; 0: none. */
  dConv?: number;
  /** Default: 1 / √headDim. */
  scale?: number;
  /** Steps that a query sees and the cache holds. Default: all. */
  window?: number;
  /** Steps of the longest document, where no window bounds the cache. Default: no bound. */
  maxLength?: number;
  /** The factor of the first values of the last map. */
  outScale: number;
}

/** (B, L, dModel) → (B, L, dModel). State: `kv`, a KeyValueCache, and `conv`, the last dConv inputs, where dConv > 0. */
export class AttentionMixer implements Mixer {
  readonly stateFields: StateFields;
  readonly maxSteps?: number;
  /** One map each for q, k and v, or one for all. */
  private readonly maps: readonly LinearMap[];
  private readonly conv?: LinearMap;
  private readonly out: LinearMap;
  /** Channels of q, k and v. */
  private readonly widths: readonly [number, number, number];

  constructor(
    tree: ParameterTree,
    private readonly options: AttentionOptions,
  ) {
    const { dModel, heads, kvHeads, headDim, layout, dConv = 0, window = Infinity, maxLength = Infinity } = options;
    const [q, k] = [heads * headDim, kvHeads * headDim];
    const width = q + 2 * k;
    const [qkvBias, outBias] = [options.qkvBias, options.outBias].map((has) => (has ? zeros : undefined));
    this.widths = [q, k, k];
    const declare = (name: string, rows: number) =>
      declareLinear(tree, name, [rows, dModel], linearInit(dModel), qkvBias);
    const isMha = layout === 'mha';
    this.maps = isMha
      ? [declare('in_proj', width)]
      : [declare('q_proj', q), declare('k_proj', k), declare('v_proj', k)];
    const taps = linearInit(Math.max(1, dConv));
    if (dConv > 0) this.conv = declareLinear(tree, 'conv1d', [width, 1, dConv], taps, taps);
    const outInit = linearInit(q, options.outScale);
    this.out = declareLinear(tree, isMha ? 'out_proj' : 'o_proj', [dModel, q], outInit, outBias);
    this.stateFields = {
      ...(dConv > 0 && { conv: { shape: [dConv, width], transposed: true } }),
      kv: { shape: [2, kvHeads, headDim], grows: Math.min(window, maxLength) },
    };
    this.maxSteps = options.window === undefined ? options.maxLength : undefined;
  }

  forward(input: Tensor, state: LayerState | undefined, positions: Positions): LayerOutput {
    const { heads, kvHeads, window, scale } = this.options;
    const cache = state?.kv as KeyValueCache | undefined;
    const starts = cache?.everRead ?? new Array<number>(input.shape[0]).fill(0);
    this.requireLength(input.shape, cache, positions);
    const { q, k, v, conv } = this.project(input, state, positions);
    const mixed = attention({
      q: this.rotated(q, heads, starts),
      k: this.rotated(k, kvHeads, starts),
      v,
      heads,
      kvHeads,
      cache,
      positions,
      window,
      scale,
    });
    return { y: applyLinear(this.out, mixed.out), state: { ...(conv && { conv }), kv: mixed.cache } };
  }

  private project(input: Tensor, state: LayerState | undefined, positions: Positions) {
    const mapped = this.maps.map((map) => applyLinear(map, input));
    if (mapped.length === 3) return { q: mapped[0], k: mapped[1], v: mapped[2] };
    const { weight, bias } = this.conv ?? {};
    const convolved =
      weight &&
      causalConv1d({
        x: mapped[0],
        weight: weight.value,
        bias: bias?.value,
        state: state?.conv,
        positions,
        activation: 'none',
      });
    const [q, k, v] = split(convolved?.y ?? mapped[0], this.widths);
    return { q, k, v, conv: convolved?.state };
  }

  private rotated(x: Tensor, heads: number, starts: readonly number[]): Tensor {
    const { rotaryDims: dims, rotaryBase: theta, interleaved } = this.options;
    return dims === 0 ? x : rotary(x, { heads, starts, dims, theta, interleaved });
  }

  /** Refuses documents longer than maxLength: the cache holds no more steps. */
  private requireLength([B, L]: Shape, cache: KeyValueCache | undefined, { age, lengths }: Positions): void {
    const { maxLength = Infinity, window } = this.options;
    if (window !== undefined || (cache?.steps ?? 0) + L <= maxLength) return;
    const [ages, counts] = [age?.read(), lengths?.read()];
    for (let b = 0; b < B; b++) {
      const n = counts?.[b] ?? L;
      const before = cache ? cache.spans[b].end - cache.spans[b].first : 0;
      const length = ages
        ? ages.subarray(b * L, b * L + n).reduce((longest, steps) => Math.max(longest, steps + 1), 0)
        : before + n;
      if (length <= maxLength) continue;
      throw new UsageError(
        'forward',
        `a document of row ${b} is ${length} tokens long, ${before} read before and ${n} now, expected at most maxLength = ${maxLength}. ` +
          'Read less, start from a new state, or raise maxLength or set a window in the config.',
      );
    }
  }
}

/** Refuses sizes of heads that do not fit each other. `names` are the keys of the config, for the errors. */
export function checkHeads(
  { heads, kvHeads, headDim, rotaryDims }: Pick<AttentionOptions, 'heads' | 'kvHeads' | 'headDim' | 'rotaryDims'>,
  names: { heads: string; kvHeads: string; headDim: string; rotaryDims: string },
): void {
  if (heads % kvHeads !== 0) {
    throw new UsageError('config', `${names.kvHeads} is ${kvHeads}, expected a divisor of ${names.heads} = ${heads}.`);
  }
  if (headDim > MAX_HEAD) {
    throw new UsageError('config', `${names.headDim} is ${headDim}, expected at most ${MAX_HEAD}. Use more heads.`);
  }
  if (rotaryDims % 2 !== 0 || rotaryDims > headDim) {
    throw new UsageError(
      'config',
      `${names.rotaryDims} is ${rotaryDims}, expected an even number up to ${headDim}: channels are rotated in pairs.`,
    );
  }
}
