/**
 * Causal softmax attention from a cache.
 *
 *   oₜ = Σₛ softmaxₛ(scale qₜ·kₛ) vₛ        over the steps s ≤ t of t's document, the last `window` of them
 *
 * H heads of queries share G heads of keys and values: G = H is multi-head attention, G = 1 multi-query
 * (Shazeer 2019), others grouped-query (Ainslie et al. 2023). Tiles with a running maximum and sum: no
 * L × L array, neither forward nor backward. A few queries read the cache once, as it lies.
 *
 * Paper: Vaswani et al. 2017; Dao et al. 2022. Official: flash_attn_func, flash_attn_with_kvcache.
 */
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

/** Channels of a head (MAX_HEAD in kernels/attention.h). */
export const MAX_HEAD = 256;
/** Queries and keys of a tile, steps of a stretch (kernels/attention.h, attention_decode.cpp). */
const TILE = 64;
const STRETCH = 256;
/** The number of queries up to which the cache is read as it lies. */
const FEW = 8;
/** Strips of packed values are this high at most. */
const STRIP = 8;

export interface AttentionInput {
  q: Tensor; //  (B, L, H · P)
  k: Tensor; //  (B, L, G · P)
  v: Tensor; //  (B, L, G · P)
  heads: number;
  /** Default: heads. */
  kvHeads?: number;
  /** What was read before; it is not changed. */
  cache?: KeyValueCache;
  positions?: Positions;
  /** Steps that a query sees, its own included; the cache then holds no more. Default: all. */
  window?: number;
  /** Default: 1 / √P. */
  scale?: number;
}

/** → out: (B, L, H · P), zeros in the padding, and the cache after the last step */
export function attention(input: AttentionInput): { out: Tensor; cache: KeyValueCache } {
  const { q, k, v, heads: H, kvHeads: G = H, positions = {}, window = Infinity } = input;
  const { B, L, P } = checkInput(input);
  const { scale = 1 / Math.sqrt(P) } = input;
  const { backend } = q;
  const { device } = backend;
  const tracked = isTracked(q, k, v, input.cache);
  const counts = positions.lengths ? Array.from(positions.lengths.read()) : new Array<number>(B).fill(L);
  const { cache, before } = extendCache(input.cache, backend, [2, G, P], counts, heldOf(positions, counts, L, window));
  const n = Math.max(0, ...before.map(({ first, end }, b) => end - first + counts[b]));
  before.forEach(({ first, end }, b) => {
    // q·k and p·v for each step that a query sees.
    reportMultiplyAdds(2 * H * P * stepsSeen(end - first, counts[b], window));
  });
  const place = backend.ints(Int32Array.from(before.flatMap(({ first, end }) => [first, end - first])), [B, 2]);
  const age = positions.age?.pointer ?? 0;
  const lengths = positions.lengths?.pointer ?? 0;
  const width = Number.isFinite(window) ? window : 0;
  const half = G * P;
  const rowGrain = Math.max(1, Math.ceil(8192 / half));
  if (B * L) {
    device.run(
      'cache_append',
      B * L,
      rowGrain,
      k.pointer,
      v.pointer,
      place.pointer,
      lengths,
      cache.pointer,
      B,
      L,
      half,
      k.rowStride,
      v.rowStride,
    );
  }
  const out = backend.empty(q.shape);
  const lse = tracked ? backend.empty([B, H, L]) : undefined;
  if (L <= FEW) few();
  else many();

  function few(): void {
    const stretches = Math.ceil(n / STRETCH);
    const padded = Math.ceil(P / device.lanes) * device.lanes;
    const parts = backend.empty([B, stretches, L * H * (2 * padded + 2 + TILE)]);
    if (!(B * L)) return;
    device.run(
      'attention_decode',
      B * stretches,
      1,
      q.pointer,
      cache.pointer,
      place.pointer,
      age,
      lengths,
      parts.pointer,
      B,
      L,
      H,
      G,
      P,
      stretches,
      width,
      q.rowStride,
      scale,
    );
    device.run(
      'attention_combine',
      B * L * H,
      Math.max(1, Math.ceil(2048 / (P * Math.max(1, stretches)))),
      parts.pointer,
      lengths,
      out.pointer,
      lse?.pointer ?? 0,
      L,
      H,
      G,
      P,
      stretches,
    );
    parts.dispose();
  }

  function many(): void {
    if (!B) return;
    const tiles = Math.ceil(n / TILE);
    const strips = Math.ceil(P / STRIP) * STRIP;
    const packed = backend.empty([B * G * tiles, TILE * (P + strips)]);
    const finite = backend.empty([B * G * tiles], 'i32');
    device.run(
      'attention_pack',
      B * G * tiles,
      1,
      cache.pointer,
      place.pointer,
      lengths,
      packed.pointer,
      finite.pointer,
      B,
      L,
      G,
      P,
      tiles,
    );
    device.run(
      'attention_forward',
      B * H * Math.ceil(L / TILE),
      1,
      q.pointer,
      packed.pointer,
      finite.pointer,
      place.pointer,
      age,
      lengths,
      out.pointer,
      lse?.pointer ?? 0,
      L,
      H,
      G,
      P,
      tiles,
      width,
      q.rowStride,
      scale,
    );
    packed.dispose();
    finite.dispose();
  }

  if (!tracked || !lse) return { out, cache: trimmed(cache, window) };
  record({
    name: 'attention',
    inputs: [q, k, v, input.cache],
    outputs: [out, cache],
    backward: ([dout, dcache], to) => {
      const [dq, dk, dv] = [q, k, v].map((one) => to.place(one));
      const grad = dout ? contiguous(dout) : backend.zeros(out.shape);
      const repeats = H / G;
      const parts = backend.empty([repeats, ...cache.shape]);
      if (B * L) {
        const padded = Math.ceil(P / device.lanes) * device.lanes;
        const scratch = backend.empty([B * H, 3 * n * padded]);
        device.run(
          'attention_backward',
          B * H,
          1,
          q.pointer,
          cache.pointer,
          place.pointer,
          age,
          lengths,
          out.pointer,
          lse.pointer,
          grad.pointer,
          dq.pointer,
          parts.pointer,
          scratch.pointer,
          B,
          L,
          H,
          G,
          P,
          n,
          cache.shape[0],
          width,
          q.rowStride,
          dq.rowStride,
          scale,
        );
        scratch.dispose();
      }
      const whole = B * L ? sumTo(parts, [1, ...cache.shape]) : backend.zeros([1, ...cache.shape]);
      const dwhole = new Tensor(whole.storage, cache.shape);
      if (dcache) addInto(dcache, dwhole);
      if (B * L) {
        device.run(
          'cache_append_backward',
          B * L,
          rowGrain,
          dwhole.pointer,
          place.pointer,
          lengths,
          dk.pointer,
          dv.pointer,
          B,
          L,
          half,
          dk.rowStride,
          dv.rowStride,
        );
      }
      return [dq, dk, dv, input.cache && to.wants(input.cache) ? gradientOf(input.cache, before, dwhole) : undefined];
    },
  });
  return { out, cache };
}

/** Of a cache whose steps lie at `before` in the buffer that `dwhole` is the gradient of. */
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

/** Steps of each row that later ones may see: of its last document, within the window. */
function heldOf({ age }: Positions, counts: readonly number[], L: number, window: number): number[] {
  const ages = age?.read();
  return counts.map((count, b) => Math.min(window, ages && count > 0 ? ages[b * L + count - 1] + 1 : Infinity));
}

/** A long prompt leaves more behind than the window holds. */
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
  for (const [name, one] of Object.entries({ k, v })) {
    requireShape('attention', name, one, [B, L, kvHeads * P], 'rows and steps as q, and the heads of keys');
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
