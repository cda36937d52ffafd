/** Bits per base: with a fixed number of bases before each, or of the whole genome in one pass. */
import { UsageError } from '@mamba-ts/core/errors';
import type { State } from '@mamba-ts/core/layers';
import { logSumExp } from '@mamba-ts/core/math';
import type { LanguageModel } from '@mamba-ts/core/models';
import { scope } from '@mamba-ts/core/tensor';

export interface Scored {
  /** The bases that are scored: [begin, end). */
  begin: number;
  end: number;
  /** Bases before the first one of a window, at least as many as before any other. */
  context: number;
  /** Scored bases of a window: the last of them has `context + stride − 1` before it. */
  stride: number;
}

/** Windows and steps of one call. */
const WINDOWS_PER_CALL = 8;
const STEPS_PER_CALL = 1024;

/** Each window starts from an empty state, `context` bases before the first base that it scores. */
export async function bitsWithContext(model: LanguageModel, bases: Int32Array, scored: Scored): Promise<Float64Array> {
  const { begin, end, context, stride } = scored;
  if (begin < context || end > bases.length || (end - begin) % stride !== 0) {
    throw new UsageError(
      'genome',
      `bases ${begin} to ${end} are to be scored with ${context} before them in windows of ${stride}, ` +
        `expected at least ${context} before and whole windows within ${bases.length} bases.`,
    );
  }
  const bits = new Float64Array(end - begin);
  for (let first = begin; first < end; first += WINDOWS_PER_CALL * stride) {
    const starts = Array.from(
      { length: Math.min(WINDOWS_PER_CALL, (end - first) / stride) },
      (_, b) => first + b * stride,
    );
    let state: State | undefined;
    // The prediction of a base comes from the base before it.
    for (let at = -context; at < stride - 1; ) {
      const to = at < -1 ? Math.min(at + STEPS_PER_CALL, -1) : Math.min(at + STEPS_PER_CALL, stride - 1);
      const window = { tokens: sideBySide(bases, starts, at, to), B: starts.length, L: to - at };
      const isScored = at >= -1;
      const next = scope(() => {
        const { logits, state: after } = model.forward(window, { state, logits: isScored ? 'all' : 'last' });
        if (isScored) {
          const found = bitsOf(logits.read(), sideBySide(bases, starts, at + 1, to + 1));
          starts.forEach((start, b) => {
            bits.set(found.subarray(b * (to - at), (b + 1) * (to - at)), start + at + 1 - begin);
          });
        }
        return after.keep();
      });
      state?.dispose();
      state = next;
      at = to;
      await new Promise((resolve) => setImmediate(resolve));
    }
    state?.dispose();
  }
  return bits;
}

/** Bases [from, to) after each of `starts`. */
function sideBySide(bases: Int32Array, starts: readonly number[], from: number, to: number): Int32Array {
  const rows = new Int32Array(starts.length * (to - from));
  starts.forEach((start, b) => {
    rows.set(bases.subarray(start + from, start + to), b * (to - from));
  });
  return rows;
}

/** −log₂ of the probability of each target. */
function bitsOf(logits: Float32Array, targets: Int32Array): Float64Array {
  const width = logits.length / targets.length;
  return Float64Array.from(targets, (target, i) => {
    const row = logits.subarray(i * width, (i + 1) * width);
    return (logSumExp(row) - row[target]) / Math.LN2;
  });
}

export interface Pass {
  bases: number;
  /** Per base. */
  bits: number;
  seconds: number;
  /** Bytes of tensors in use before the pass, at most between two calls, and after the pass. */
  heapBefore: number;
  heapMost: number;
  heapAfter: number;
  /** Of the state that is carried from call to call. */
  stateBytes: number;
}

/** Reads all bases in one row, `STEPS_PER_CALL` in each call. */
export async function readThrough(model: LanguageModel, bases: Int32Array): Promise<Pass> {
  const { heap } = model.backend;
  const read = bases.length - 1;
  const heapBefore = heap.used;
  let state: State | undefined;
  let [nats, seconds, heapMost, stateBytes] = [0, 0, 0, 0];
  for (let from = 0; from < read; from += STEPS_PER_CALL) {
    const begun = performance.now();
    const to = Math.min(from + STEPS_PER_CALL, read);
    const window = { tokens: bases.slice(from, to), B: 1, L: to - from };
    const next = scope(() => {
      const { loss, state: after } = model.lossAndState(window, bases.slice(from + 1, to + 1), { state });
      nats += loss.read()[0] * (to - from);
      return after.keep();
    });
    state?.dispose();
    state = next;
    stateBytes = next.bytes;
    heapMost = Math.max(heapMost, heap.used);
    seconds += (performance.now() - begun) / 1000;
    await new Promise((resolve) => setImmediate(resolve));
  }
  state?.dispose();
  return { bases: read, bits: nats / Math.LN2 / read, seconds, heapBefore, heapMost, heapAfter: heap.used, stateBytes };
}
