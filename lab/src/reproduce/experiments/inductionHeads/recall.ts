/**
 * How long a model recalls: rows are read in pieces with the state carried on, and at every power of two the
 * question is asked on the side, from the state so far. So one reading tests all lengths, in the memory of a piece.
 */

import type { State } from '@mamba-ts/core/layers';
import type { LanguageModel } from '@mamba-ts/core/models';
import type { Random } from '@mamba-ts/core/random';
import { scope } from '@mamba-ts/core/tensor';
import { inductionRows, SPECIAL } from '../../../tasks/inductionHeads.ts';
import { largest } from '../../../tasks/tokens.ts';
import { type RunContext, Stopped } from '../../experiment.ts';
import { doublings } from '../../parts/lengths.ts';

export interface Recalled {
  /** Steps at which the question was asked, and the part of the rows that were answered right. */
  lengths: number[];
  accuracy: number[];
  rows: number;
  /** Bytes of the state of a row after the first and the last of these lengths. */
  stateBytes: [number, number];
  /** MiB of the process at FROM_HERE steps or the first length after, and the most after that. */
  memory: [number, number];
}

export interface RecallOptions {
  longest: number;
  vocab: number;
  /** Rows in all, and side by side. */
  rows: number;
  side: number;
  /** Steps read at once. */
  piece: number;
  random: Random;
  /** The part of the run that was done before. */
  from: number;
}

/** The special token comes before this many steps: at all later ones it is about as far away as the row is long. */
export const FIRST = 64;
/** What a process needs for this and that it has by now. */
const FROM_HERE = 4096;
/** Below this twice in a row the answers are guesses, and longer rows are not read. */
const LOST = 0.2;
const MIB = 2 ** 20;

/** Rows in groups, one group after another; lengths that any group did not reach are left out. */
export async function recall(context: RunContext, model: LanguageModel, options: RecallOptions): Promise<Recalled> {
  const { longest, rows, side, random, from } = options;
  const right: number[] = [];
  let stateBytes: [number, number] = [0, 0];
  let reached = doublings(FIRST, longest).length;
  const memory = new Memory();
  for (let done = 0; done < rows; done += side) {
    const count = Math.min(side, rows - done);
    const tell = (part: number, note: string) =>
      context.progress(from + ((1 - from) * (done + count * part)) / rows, note);
    const group = await read(
      context,
      model,
      { ...options, side: count, random: random.fork(`${done}`) },
      reached,
      memory,
      tell,
    );
    group.right.forEach((n, i) => {
      right[i] = (right[i] ?? 0) + n;
    });
    stateBytes = group.stateBytes;
    reached = Math.min(reached, group.right.length);
  }
  const lengths = doublings(FIRST, longest).slice(0, reached);
  return { lengths, accuracy: lengths.map((_, i) => right[i] / rows), rows, stateBytes, memory: memory.mib };
}

async function read(
  { signal }: RunContext,
  model: LanguageModel,
  { longest, vocab, side, piece, random }: RecallOptions,
  most: number,
  memory: Memory,
  tell: (part: number, note: string) => void,
): Promise<{ right: number[]; stateBytes: [number, number] }> {
  const rows = inductionRows(random, { B: side, length: FIRST, vocab });
  const right: number[] = [];
  const bytes: number[] = [];
  let state: State | undefined;
  let at = 0;
  try {
    for (const length of doublings(FIRST, longest).slice(0, most)) {
      while (at < length - 1) {
        const steps = Math.min(piece, length - 1 - at);
        const next = scope(() => model.forward(rows.read(steps), { state, logits: 'last' }).state.keep());
        state?.dispose();
        state = next;
        at += steps;
        memory.look(at);
        tell(at / longest, `read ${at} steps`);
        if (signal.aborted) throw new Stopped();
        await new Promise((resolve) => setImmediate(resolve));
      }
      right.push(answered(model, state as State, rows.answers));
      bytes.push((state as State).bytes / side);
      const [last, before] = [right[right.length - 1], right[right.length - 2] ?? side];
      if (last < LOST * side && before < LOST * side) break;
    }
  } finally {
    state?.dispose();
  }
  return { right, stateBytes: [bytes[0], bytes[bytes.length - 1]] };
}

/** The rows whose answer is right when they are asked now. The state stays as it is. */
function answered(model: LanguageModel, state: State, answers: Int32Array): number {
  const B = answers.length;
  const tokens = new Int32Array(B).fill(SPECIAL);
  const logits = scope(() => Float32Array.from(model.forward({ tokens, B, L: 1 }, { state }).logits.read()));
  const vocab = model.paddedVocabSize;
  return answers.reduce((sum, answer, b) => sum + (largest(logits, b * vocab, vocab) === answer ? 1 : 0), 0);
}

/** How much the process holds, early and at most. */
class Memory {
  private first?: number;
  private most = 0;

  look(steps: number): void {
    const mib = process.memoryUsage().rss / MIB;
    if (this.first === undefined && steps >= FROM_HERE - 1) this.first = mib;
    this.most = Math.max(this.most, mib);
  }

  get mib(): [number, number] {
    return [Math.round(this.first ?? this.most), Math.round(this.most)];
  }
}
