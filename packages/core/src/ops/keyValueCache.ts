/**
 * The keys and values of the steps that attention has read, as an immutable value.
 *
 * A cache is a part of a buffer with room to spare, (steps, B, 2, G, P): one row a step for all sequences. Reading
 * more steps makes a new cache. If the old one ends last in its buffer, the new steps go behind it and both share the
 * buffer. Otherwise, or when the buffer is full, the new cache begins a buffer of its own, twice as large. So a step
 * copies nothing, and no cache sees the steps of another.
 */
import { cacheMove } from '../backend/kernels/cache.ts';
import { UsageError } from '../errors.ts';
import { withoutGradients } from '../tensor/tape.ts';
import { type Backend, product, type Shape, Tensor } from '../tensor/tensor.ts';

/** Where the steps of a sequence are in a buffer. */
export interface Span {
  readonly first: number;
  readonly end: number;
}

/** What caches in the same buffer share. */
interface Room {
  /** Steps that the buffer has room for. */
  readonly capacity: number;
  /** For each sequence, where the longest of its caches ends. */
  readonly ends: number[];
  /** Caches that are not disposed. */
  holders: number;
}

/** The least capacity of a buffer that continues a cache. */
const LEAST = 16;

/** What attention() returns and takes: keys and values, for each sequence those of its last steps. */
export class KeyValueCache extends Tensor {
  private disposed = false;

  constructor(
    whole: Tensor,
    /** [2, G, P] */
    readonly entry: Shape,
    readonly spans: readonly Span[],
    /** Steps ever read of each sequence. The cache may hold only the last of them. */
    readonly everRead: readonly number[],
    readonly room: Room,
  ) {
    super(whole.storage, [Math.max(0, ...spans.map(({ end }) => end)), spans.length, ...entry]);
    room.holders++;
  }

  /** Steps that it holds of the longest sequence. */
  get steps(): number {
    return Math.max(0, ...this.spans.map(countOf));
  }

  /** Bytes of what it holds. Its buffer is up to twice as large. */
  get bytes(): number {
    return 4 * this.steps * this.spans.length * product(this.entry);
  }

  override get pointer(): number {
    if (this.disposed) throw new UsageError('', 'A cache of keys and values was used after its memory was freed.');
    return super.pointer;
  }

  /** Frees the memory with the last cache in it. */
  override dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.room.holders--;
    if (this.room.holders === 0) super.dispose();
  }

  /** The same steps at the start of a new buffer. */
  copy(capacity = this.steps): KeyValueCache {
    const spans = this.spans.map((span) => ({ first: 0, end: countOf(span) }));
    const whole = this.backend.empty([capacity, spans.length, ...this.entry]);
    moveSteps(this, this.spans, whole, spans);
    return new KeyValueCache(whole, this.entry, spans, this.everRead, roomFor(capacity, spans));
  }

  /** (B, steps, 2, G, P): the steps of each sequence from its first on, zeros behind its last. */
  byRow(): Tensor {
    return withoutGradients(() => {
      const rows = this.backend.empty([this.spans.length, this.steps, ...this.entry]);
      const spans = this.spans.map((span) => ({ first: 0, end: countOf(span) }));
      moveSteps(this, this.spans, rows, spans, 'rows');
      return rows;
    });
  }
}

/** A cache from what byRow() gave, the steps that it holds of each sequence, and the steps ever read. */
export function cacheFromRows(rows: Tensor, held: readonly number[], read: readonly number[]): KeyValueCache {
  const [B, steps, ...entry] = rows.shape;
  const spans = held.map((end) => ({ first: 0, end }));
  const whole = rows.backend.empty([steps, B, ...entry]);
  moveSteps(rows, spans, whole, spans, 'from rows');
  return new KeyValueCache(whole, entry, spans, read, roomFor(steps, spans));
}

/**
 * A cache with `lengths[b]` more steps of each sequence, which the caller then writes from `before[b].end` on.
 * It holds the last `bounds[b]` steps; `before` is where the old ones are in its buffer.
 */
export function extendCache(
  old: KeyValueCache | undefined,
  backend: Backend,
  entry: Shape,
  lengths: readonly number[],
  bounds: readonly number[],
): { cache: KeyValueCache; before: readonly Span[] } {
  const read = lengths.map((n, b) => (old?.everRead[b] ?? 0) + n);
  const grown = (before: readonly Span[]) =>
    before.map(({ first, end }, b) => ({
      first: Math.max(first, end + lengths[b] - bounds[b]),
      end: end + lengths[b],
    }));
  if (old) {
    const { room, spans } = old;
    const isLast = spans.every(({ end }, b) => lengths[b] === 0 || end === room.ends[b]);
    if (isLast && spans.every(({ end }, b) => end + lengths[b] <= room.capacity)) {
      spans.forEach(({ end }, b) => {
        if (lengths[b] > 0) room.ends[b] = end + lengths[b];
      });
      return { cache: new KeyValueCache(old, entry, grown(spans), read, room), before: spans };
    }
  }
  const before = lengths.map((_, b) => ({ first: 0, end: old ? countOf(old.spans[b]) : 0 }));
  const needed = Math.max(0, ...before.map(({ end }, b) => end + lengths[b]));
  const doubled = Math.max(LEAST, 2 ** Math.ceil(Math.log2(needed + 1)));
  const capacity = old ? Math.max(needed, Math.min(doubled, 2 * Math.max(...bounds))) : needed;
  const whole = backend.empty([capacity, lengths.length, ...entry]);
  if (old) moveSteps(old, old.spans, whole, before);
  const spans = grown(before);
  return { cache: new KeyValueCache(whole, entry, spans, read, roomFor(capacity, spans)), before };
}

const countOf = ({ first, end }: Span) => end - first;
const roomFor = (capacity: number, spans: readonly Span[]): Room => ({
  capacity,
  ends: spans.map(({ end }) => end),
  holders: 0,
});

/** Copies the steps of each sequence from `at` in one buffer to `spans` in another; zeros elsewhere. */
export function moveSteps(
  from: Tensor,
  at: readonly Span[],
  to: Tensor,
  spans: readonly Span[],
  layout: 'steps' | 'rows' | 'from rows' = 'steps',
): void {
  const B = spans.length;
  const width = product(from.shape.slice(2));
  const steps = to.shape[layout === 'rows' ? 1 : 0];
  if (steps * B * width === 0) return;
  const plan = Int32Array.from(spans.flatMap(({ first, end }, b) => [at[b].first, first, end - first]));
  const bySteps = [B * width, width];
  const byRows = (tensor: Tensor) => [width, tensor.shape[1] * width];
  const [stepFrom, rowFrom] = layout === 'from rows' ? byRows(from) : bySteps;
  const [stepTo, rowTo] = layout === 'rows' ? byRows(to) : bySteps;
  const table = to.backend.ints(plan, [B, 3]);
  const grain = Math.max(1, Math.ceil(8192 / width));
  const numbers = { B, W: width, stepFrom, rowFrom, stepTo, rowTo };
  cacheMove(to.backend.device, steps * B, grain, { from, plan: table, to }, numbers);
  table.dispose();
}
