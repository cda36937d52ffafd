/**
 * How long a model recalls. Rows are read in pieces, with the state carried from one to the next; at every doubling of
 * the length, the model answers the question from a copy of the state. So one reading tests all lengths, in the memory
 * of one piece.
 */

import type { State } from '@mamba-ts/core/layers';
import type { LanguageModel } from '@mamba-ts/core/models';
import type { Random } from '@mamba-ts/core/random';
import { scope } from '@mamba-ts/core/tensor';
import { inductionRows, SPECIAL } from '../../../tasks/inductionHeads.ts';
import { largest } from '../../../tasks/tokens.ts';
import { type RunContext, Stopped } from '../../experiment.ts';
import { doublings } from '../../parts/doublings.ts';

export interface Recalled {
  /** Steps before the question, and the part of the rows that were answered right. */
  lengths: number[];
  accuracy: number[];
  rows: number;
  /** Bytes of the state of a row at the first and the last of these lengths. */
  stateBytes: [number, number];
  /** MiB of the process at MEMORY_FROM steps, and the most at any time. */
  memory: [number, number];
}

export interface RecallOptions {
  longest: number;
  vocab: number;
  rows: number;
  /** Rows and steps that one call reads. */
  rowsPerCall: number;
  stepsPerCall: number;
  random: Random;
  /** The part of the run's progress that is done before the test. */
  progressFrom: number;
}

/** Steps before the first question. The special token comes before it, so it is about as far away as a row is long. */
export const FIRST_QUESTION = 64;
/** Steps after which a process has allocated all that does not depend on the length. */
const MEMORY_FROM = 4096;
/** A part of right answers that is near guessing; after two lengths below it, longer rows are not read. */
const NEAR_GUESSING = 0.2;
const MIB = 2 ** 20;

/** Reads the rows in groups; lengths that a group did not reach are left out of the result. */
export async function recallTest(context: RunContext, model: LanguageModel, options: RecallOptions): Promise<Recalled> {
  const { longest, rows, rowsPerCall, random, progressFrom } = options;
  const right: number[] = [];
  let stateBytes: [number, number] = [0, 0];
  let lengths = doublings(FIRST_QUESTION, longest);
  const memory = new Memory();
  for (let done = 0; done < rows; done += rowsPerCall) {
    const count = Math.min(rowsPerCall, rows - done);
    const tell = (part: number, note: string) =>
      context.progress(progressFrom + ((1 - progressFrom) * (done + count * part)) / rows, note);
    const group = await read(
      context,
      model,
      { ...options, rowsPerCall: count, random: random.fork(`${done}`) },
      lengths,
      memory,
      tell,
    );
    group.right.forEach((n, i) => {
      right[i] = (right[i] ?? 0) + n;
    });
    stateBytes = group.stateBytes;
    lengths = lengths.slice(0, group.right.length);
  }
  return { lengths, accuracy: lengths.map((_, i) => right[i] / rows), rows, stateBytes, memory: memory.mib };
}

async function read(
  { signal }: RunContext,
  model: LanguageModel,
  { longest, vocab, rowsPerCall, stepsPerCall, random }: RecallOptions,
  lengths: readonly number[],
  memory: Memory,
  tell: (part: number, note: string) => void,
): Promise<{ right: number[]; stateBytes: [number, number] }> {
  const rows = inductionRows(random, { B: rowsPerCall, length: FIRST_QUESTION, vocab });
  const right: number[] = [];
  const bytes: number[] = [];
  let state: State | undefined;
  let at = 0;
  try {
    for (const length of lengths) {
      while (at < length - 1) {
        const steps = Math.min(stepsPerCall, length - 1 - at);
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
      bytes.push((state as State).bytes / rowsPerCall);
      const [last, before] = [right[right.length - 1], right[right.length - 2] ?? rowsPerCall];
      if (last < NEAR_GUESSING * rowsPerCall && before < NEAR_GUESSING * rowsPerCall) break;
    }
  } finally {
    state?.dispose();
  }
  return { right, stateBytes: [bytes[0], bytes[bytes.length - 1]] };
}

/** The number of rows that give the right answer if the question comes next. The state does not change. */
function answered(model: LanguageModel, state: State, answers: Int32Array): number {
  const B = answers.length;
  const tokens = new Int32Array(B).fill(SPECIAL);
  const logits = scope(() => Float32Array.from(model.forward({ tokens, B, L: 1 }, { state }).logits.read()));
  const vocab = model.paddedVocabSize;
  return answers.reduce((sum, answer, b) => sum + (largest(logits, b * vocab, vocab) === answer ? 1 : 0), 0);
}

/** The memory of the process, early and at most. */
class Memory {
  private first?: number;
  private most = 0;

  look(steps: number): void {
    const mib = process.memoryUsage().rss / MIB;
    if (this.first === undefined && steps >= MEMORY_FROM - 1) this.first = mib;
    this.most = Math.max(this.most, mib);
  }

  get mib(): [number, number] {
    return [Math.round(this.first ?? this.most), Math.round(this.most)];
  }
}
