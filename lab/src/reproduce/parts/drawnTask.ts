/**
 * Tasks whose rows are drawn for each update. No row is seen twice, so the accuracy on other rows shows what was learned
 * of the task, and not what was learned by heart.
 */
import type { LanguageModel } from '@mamba-ts/core/models';
import type { Random, RandomState } from '@mamba-ts/core/random';
import { scope, type Tensor } from '@mamba-ts/core/tensor';
import type { TaskMaker, TrainerOptions } from '@mamba-ts/core/train';
import { countRight, type TokenBatch } from '../../tasks/tokens.ts';

/** A part of a task with a state that a checkpoint saves. */
export interface Resumable {
  state(): unknown;
  restore(state: unknown): void;
}

/** A task whose training batches `draw` gives, from update 1 on. A resumed run gets the same batches. */
export function drawnTask(
  draw: (random: Random, update: number, options: TrainerOptions) => { steps: number; loss: () => Tensor },
  curriculum?: Resumable,
): TaskMaker {
  return (options, random) => {
    let update = 0;
    return {
      async next() {
        const { steps, loss } = draw(random, ++update, options);
        return { steps, loss: () => ({ loss: loss() }) };
      },
      state: () => ({ update, random: random.state(), course: curriculum?.state() }),
      restore(state) {
        const saved = state as { update: number; random: RandomState; course: unknown };
        update = saved.update;
        random.restore(saved.random);
        curriculum?.restore(saved.course);
      },
    };
  };
}

/** A task of token rows. */
export const drawnTokenTask = (
  model: LanguageModel,
  draw: (random: Random, update: number) => TokenBatch,
  curriculum?: Resumable,
): TaskMaker =>
  drawnTask((random, update) => {
    const batch = draw(random, update);
    return { steps: batch.B * batch.L, loss: () => model.loss(batch, batch.targets) };
  }, curriculum);

/** After this part of the updates, training rows have their full length, whatever was mastered. */
const FULL_LENGTH_AFTER = 0.5;
/** Updates between two checks whether rows are mastered. */
export const CHECK_EVERY = 25;

/** Training on short rows first, and on longer ones when these are mastered. */
export class Curriculum implements Resumable {
  /** Of the training rows. */
  length: number;

  constructor(
    from: number,
    private readonly to: number,
    private readonly factor = 1.3,
  ) {
    this.length = Math.min(from, to);
  }

  /** Makes rows `factor` times as long, up to the longest. */
  advance(): void {
    this.length = Math.min(this.to, Math.ceil(this.length * this.factor));
  }

  /** The length of the rows of an update. */
  lengthAt(update: number, updates: number): number {
    return update > FULL_LENGTH_AFTER * updates ? this.to : this.length;
  }

  state(): number {
    return this.length;
  }

  restore(state: unknown): void {
    this.length = state as number;
  }
}

/** The part of the targets that the model answers right, 0 to 1. */
export function accuracy(model: LanguageModel, batches: Iterable<TokenBatch>): number {
  let [right, of] = [0, 0];
  for (const batch of batches) {
    const counted = countRight(logitsOf(model, batch), model.paddedVocabSize, batch.targets);
    right += counted.right;
    of += counted.of;
  }
  return right / of;
}

/** (B · L, vocab) */
const logitsOf = (model: LanguageModel, batch: TokenBatch): Float32Array =>
  scope(() => Float32Array.from(model.forward(batch).logits.read()));

/** `rows` rows in batches of at most `most`. */
export function* inBatches(rows: number, most: number, draw: (B: number) => TokenBatch): Iterable<TokenBatch> {
  for (let left = rows; left > 0; left -= most) yield draw(Math.min(most, left));
}
