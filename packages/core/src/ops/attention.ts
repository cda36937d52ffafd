/**
 * Causal softmax attention from a cache of keys and values.
 *
 *   oₜ = Σₛ softmaxₛ(scale qₜ·kₛ) vₛ        over the steps s ≤ t of t's document, the last `window` of them
 *
 * H heads of queries share G heads of keys and values: G = H is multi-head attention, G = 1 multi-query
 * (Shazeer 2019), others grouped-query (Ainslie et al. 2023). Scores are computed in tiles with a running maximum
 * and sum: there is no L × L array, neither forward nor backward. A few queries read the cache once, in place.
 *
 * Paper: Vaswani et al. 2017; Dao et al. 2022. Official: flash_attn_func, flash_attn_with_kvcache.
 */
import {
  attentionForward,
  attentionPack,
  attentionTile,
  KEYS,
  MAX_HEAD,
  QUERIES,
} from '../backend/kernels/attention.ts';
import { attentionBackward, attentionScratch } from '../backend/kernels/attention_backward.ts';
import {
  attentionCombine,
  attentionDecode,
  attentionStretch,
  MAX_FEW,
  STRETCH,
} from '../backend/kernels/attention_decode.ts';
import { cacheAppend, cacheAppendBackward } from '../backend/kernels/cache.ts';
import { UsageError } from '../errors.ts';
import { addInto } from '../tensor/copy.ts';
import { reportMultiplyAdds } from '../tensor/multiplyAdds.ts';
import { isTracked, record } from '../tensor/tape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireShape } from './check.ts';
import { extendCache, KeyValueCache, moveSteps, type Span } from './keyValueCache.ts';
import { type Positions, requirePositions } from './positions.ts';
import { sumTo } from './reduce.ts';
import { contiguous } from './shape.ts';

export { MAX_HEAD };

export interface AttentionInput {
  q: Tensor; //  (B, L, H · P)
  k: Tensor; //  (B, L, G · P)
  v: Tensor; //  (B, L, G · P)
  /** H. */
  heads: number;
  /** G, a divisor of H. Default: heads. */
  kvHeads?: number;
  /** The keys and values of the steps before. It is not changed. Default: none. */
  cache?: KeyValueCache;
  /** Where documents begin and how long the rows are. Default: every row is one document of L steps. */
  positions?: Positions;
  /** Steps that a query sees, its own included; the new cache holds no more. Default: all. */
  window?: number;
  /** Default: 1 / √P. */
  scale?: number;
}

/**
 * Causal attention of L new steps over the steps in a cache and over themselves.
 *
 *   let { out, cache } = attention({ q, k, v, heads: 8 });
 *   ({ out, cache } = attention({ q: q1, k: k1, v: v1, heads: 8, cache }));   // the next steps
 *
 * Returns out (B, L, H · P), zeros beyond a row's length, and the cache after the last step. A head has at most
 * 256 channels. Throws a UsageError for shapes that do not fit.
 */
export function attention(input: AttentionInput): { out: Tensor; cache: KeyValueCache } {
  const { q, k, v, heads: H, kvHeads: G = H, positions = {}, window = Infinity } = input;
  const { B, L, P } = checkInput(input);
  const { scale = 1 / Math.sqrt(P) } = input;
  const { age, lengths } = positions;
  const { backend } = q;
  const { device } = backend;
  const tracked = isTracked(q, k, v, input.cache);
  const counts = lengths ? Array.from(lengths.read()) : new Array<number>(B).fill(L);
  const { cache, before } = extendCache(input.cache, backend, [2, G, P], counts, heldOf(positions, counts, L, window));
  const n = Math.max(0, ...before.map(({ first, end }, b) => end - first + counts[b]));
  before.forEach(({ first, end }, b) => {
    // q·k and p·v for each step that a query sees.
    reportMultiplyAdds(2 * H * P * stepsSeen(end - first, counts[b], window));
  });
  const place = backend.ints(Int32Array.from(before.flatMap(({ first, end }) => [first, end - first])), [B, 2]);
  const visible = Number.isFinite(window) ? window : 0;
  const half = G * P;
  const rowGrain = Math.max(1, Math.ceil(8192 / half));
  cacheAppend(device, B * L, rowGrain, { k, v, place, lengths, cache }, { B, L, half });
  const out = backend.empty(q.shape);
  const lse = tracked ? backend.empty([B, H, L]) : undefined;
  if (L <= MAX_FEW) few();
  else many();

  function few(): void {
    if (B * L === 0) return;
    const stretches = Math.ceil(n / STRETCH);
    const parts = backend.empty([B, stretches, attentionStretch(device, { L, H, P })]);
    const sizes = { B, L, H, G, P, stretches, window: visible, scale };
    attentionDecode(device, B * stretches, 1, { q, kv: cache, place, age, lengths, parts }, sizes);
    const grain = Math.max(1, Math.ceil(2048 / (P * Math.max(1, stretches))));
    attentionCombine(device, B * L * H, grain, { parts, lengths, out, lse }, { L, H, G, P, stretches });
    parts.dispose();
  }

  function many(): void {
    const tiles = Math.ceil(n / KEYS);
    const packed = backend.empty([B * G * tiles, attentionTile(device, { P })]);
    const finite = backend.empty([B * G * tiles], 'i32');
    const units = B * H * Math.ceil(L / QUERIES);
    const sizes = { L, H, G, P, tiles, window: visible, scale };
    attentionPack(device, B * G * tiles, 1, { kv: cache, place, lengths, packed, finite }, { B, L, G, P, tiles });
    attentionForward(device, units, 1, { q, packed, finite, place, age, lengths, out, lse }, sizes);
    packed.dispose();
    finite.dispose();
  }

  if (!tracked || !lse) return { out, cache: trimmed(cache, window) };
  record({
    name: 'attention',
    inputs: [q, k, v, input.cache],
    outputs: [out, cache],
    backward: ([grad, dcache], to) => {
      const [dq, dk, dv] = [q, k, v].map((x) => to.place(x));
      const dout = grad ? contiguous(grad) : backend.zeros(out.shape);
      // One cache for each head of queries that shares a head of keys, then their sum.
      const dkv = backend.empty([H / G, ...cache.shape]);
      const scratch = backend.empty([B * H, attentionScratch(device, { n, P })]);
      const operands = { q, kv: cache, place, age, lengths, out, lse, dout, dq, dkv, scratch };
      const sizes = { B, L, H, G, P, n, rows: cache.shape[0], window: visible, scale };
      attentionBackward(device, L ? B * H : 0, 1, operands, sizes);
      scratch.dispose();
      const whole = B * L ? sumTo(dkv, [1, ...cache.shape]) : backend.zeros([1, ...cache.shape]);
      const dwhole = new Tensor(whole.storage, cache.shape);
      if (dcache) addInto(dcache, dwhole);
      cacheAppendBackward(device, B * L, rowGrain, { dcache: dwhole, place, lengths, dk, dv }, { B, L, half });
      return [dq, dk, dv, input.cache && to.wants(input.cache) ? gradientOf(input.cache, before, dwhole) : undefined];
    },
  });
  return { out, cache };
}

/** The gradient of a cache whose steps are at `before` in the buffer that `dwhole` is the gradient of. */
function gradientOf(old: KeyValueCache, before: readonly Span[], dwhole: Tensor): Tensor {
  const gradient = old.backend.empty(old.shape);
  moveSteps(dwhole, before, gradient, old.spans);
  return gradient;
}

/** The steps that `count` queries see together after `held` steps: Σ min(window, held + t), t from 1 to count. */
function stepsSeen(held: number, count: number, window: number): number {
  const growing = Math.min(count, Math.max(0, window - held));
  const full = count > growing ? (count - growing) * window : 0;
  return growing * held + (growing * (growing + 1)) / 2 + full;
}

/** Steps of each row that later ones may see: those of its last document, within the window. */
function heldOf({ age }: Positions, counts: readonly number[], L: number, window: number): number[] {
  const ages = age?.read();
  return counts.map((count, b) => Math.min(window, ages && count > 0 ? ages[b * L + count - 1] + 1 : Infinity));
}

/** A long prompt leaves more in the cache than the window holds. */
function trimmed(cache: KeyValueCache, window: number): KeyValueCache {
  if (cache.room.capacity <= 2 * window) return cache;
  const small = cache.copy(2 * window);
  cache.dispose();
  return small;
}

function checkInput({ q, k, v, heads, kvHeads = heads, cache, positions, window, scale }: AttentionInput) {
  requireAxes('attention', 'q', q, 3, '(B, L, heads · P)');
  const [B, L, width] = q.shape;
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new UsageError('attention', `${heads} heads, expected a divisor of ${width}, the channels of q.`);
  }
  if (!Number.isInteger(kvHeads) || kvHeads < 1 || heads % kvHeads !== 0) {
    throw new UsageError(
      'attention',
      `${kvHeads} heads of keys, expected a divisor of ${heads}, the heads of queries.`,
    );
  }
  const P = width / heads;
  if (P < 1 || P > MAX_HEAD) {
    throw new UsageError('attention', `${P} channels a head, expected 1 to ${MAX_HEAD}. Use more heads.`);
  }
  for (const [name, x] of Object.entries({ k, v })) {
    requireShape('attention', name, x, [B, L, kvHeads * P], 'rows and steps as q, and the heads of keys');
  }
  if (window !== undefined && window !== Infinity && !(Number.isInteger(window) && window >= 1)) {
    throw new UsageError(
      'attention',
      `window is ${window}, expected a whole number ≥ 1. Leave it out to see all steps.`,
    );
  }
  if (scale !== undefined && !Number.isFinite(scale)) {
    throw new UsageError('attention', `scale is ${scale}, expected a finite number.`);
  }
  if (cache) {
    if (!(cache instanceof KeyValueCache)) {
      throw new UsageError('attention', 'cache is not a KeyValueCache. Give what attention() returned.');
    }
    requireShape('attention', 'cache', cache, [cache.shape[0], B, 2, kvHeads, P], 'the rows and heads of k and v');
  }
  requireOneBackend('attention', [q, k, v, cache]);
  requirePositions('attention', positions, q.backend, B, L);
  return { B, L, P };
}
