/**
 * Tasks whose rows are drawn anew for every update: nothing is seen twice, so that what is
 * measured on other rows is what was learnt of the task.
 */
import type { LanguageModel } from '@mamba-ts/core/models';
import type { Random, RandomState } from '@mamba-ts/core/random';
import { scope, type Tensor } from '@mamba-ts/core/tensor';
import type { TaskMaker, TrainerOptions } from '@mamba-ts/core/train';
import { countRight, type TokenBatch } from '../../tasks/tokens.ts';

/** Something that a task goes by, and that a resumed run must find as it was. */
export interface Remembered {
  state(): unknown;
  restore(state: unknown): void;
}

/** What a trainer learns: `draw` gives the lesson of each update, of which the first is 1. It goes on to the same bits. */
export function fresh(
  draw: (random: Random, update: number, options: TrainerOptions) => { steps: number; loss: () => Tensor },
  course?: Remembered,
): TaskMaker {
  return (options, random) => {
    let update = 0;
    return {
      async next() {
        const { steps, loss } = draw(random, ++update, options);
        return { steps, loss: () => ({ loss: loss() }) };
      },
      state: () => ({ update, random: random.state(), course: course?.state() }),
      restore(state) {
        const saved = state as { update: number; random: RandomState; course: unknown };
        update = saved.update;
        random.restore(saved.random);
        course?.restore(saved.course);
      },
    };
  };
}

/** The same of rows of tokens. */
export const drawn = (
  model: LanguageModel,
  draw: (random: Random, update: number) => TokenBatch,
  course?: Remembered,
): TaskMaker =>
  fresh((random, update) => {
    const batch = draw(random, update);
    return { steps: batch.B * batch.L, loss: () => model.loss(batch, batch.targets) };
  }, course);

/** Short rows first: longer ones follow when these are mastered. */
export class Curriculum implements Remembered {
  /** Of the rows to learn from now. */
  length: number;

  constructor(
    from: number,
    private readonly to: number,
    private readonly factor = 1.3,
  ) {
    this.length = Math.min(from, to);
  }

  /** Goes on, if it can, to rows that are `factor` as long. */
  advance(): void {
    this.length = Math.min(this.to, Math.ceil(this.length * this.factor));
  }

  state(): number {
    return this.length;
  }

  restore(state: unknown): void {
    this.length = state as number;
  }
}

/** The part of the targets that the model says, 0 to 1. */
export function accuracy(model: LanguageModel, batches: Iterable<TokenBatch>): number {
  let [right, of] = [0, 0];
  for (const batch of batches) {
    const counted = countRight(logitsOf(model, batch), model.paddedVocabSize, batch.targets);
    right += counted.right;
    of += counted.of;
  }
  return right / of;
}

/** (B · L, vocab), one after another. */
const logitsOf = (model: LanguageModel, batch: TokenBatch): Float32Array =>
  scope(() => Float32Array.from(model.forward(batch).logits.read()));

/** `rows` rows in batches of at most `most`. */
export function* inBatches(rows: number, most: number, draw: (B: number) => TokenBatch): Iterable<TokenBatch> {
  for (let left = rows; left > 0; left -= most) yield draw(Math.min(most, left));
}
