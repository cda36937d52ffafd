/**
 * Training reads of many lengths on either strand.
 *
 * A row carries its state from block to block until its read ends; then it begins another read from an empty state. A
 * read has a power of two of blocks, so the model meets states of all ages, and knows short contexts as well as long
 * ones. Gradients reach back to the start of a block (truncated back-propagation).
 */
import { UsageError } from '@mamba-ts/core/errors';
import type { LanguageModel } from '@mamba-ts/core/models';
import type { Random, RandomState } from '@mamba-ts/core/random';
import { reverseComplement } from '@mamba-ts/core/tokenize';
import type { TaskMaker } from '@mamba-ts/core/train';

/** A read of some blocks. */
interface Read {
  /** 0: as the file has it, 1: the reverse complement. */
  strand: number;
  /** The first base. */
  begin: number;
  blocks: number;
  /** Blocks that are done. */
  done: number;
  /** Counts the reads of a row: each is a document. */
  document: number;
}

export interface Block {
  tokens: Int32Array;
  /** The base after each of `tokens`. */
  targets: Int32Array;
  documents: Int32Array;
  B: number;
  L: number;
}

export class ReadSampler {
  private readonly strands: readonly [Int32Array, Int32Array];
  private readonly doublings: number;
  private reads: Read[];

  /** Reads have blockSize · 2ᵏ bases, at most `longest`. */
  constructor(
    bases: Int32Array,
    private readonly options: { batchSize: number; blockSize: number; longest: number },
    private readonly random: Random,
  ) {
    const { batchSize, blockSize, longest } = options;
    if (!(longest >= blockSize) || longest >= bases.length) {
      throw new UsageError(
        'genome',
        `the longest read is ${longest}, expected from blockSize = ${blockSize} to below the ${bases.length} bases of training.`,
      );
    }
    this.strands = [bases, reverseComplement(bases)];
    this.doublings = Math.floor(Math.log2(longest / blockSize));
    this.reads = Array.from({ length: batchSize }, () => this.draw(0));
  }

  next(): Block {
    const { blockSize: L } = this.options;
    const B = this.reads.length;
    const [tokens, targets, documents] = [new Int32Array(B * L), new Int32Array(B * L), new Int32Array(B * L)];
    this.reads = this.reads.map((before, b) => {
      const read = before.done < before.blocks ? before : this.draw(before.document + 1);
      const from = read.begin + read.done * L;
      const strand = this.strands[read.strand];
      tokens.set(strand.subarray(from, from + L), b * L);
      targets.set(strand.subarray(from + 1, from + L + 1), b * L);
      documents.fill(read.document, b * L, (b + 1) * L);
      return { ...read, done: read.done + 1 };
    });
    return { tokens, targets, documents, B, L };
  }

  state(): { random: RandomState; reads: Read[] } {
    return { random: this.random.state(), reads: this.reads };
  }

  restore({ random, reads }: { random: RandomState; reads: Read[] }): void {
    this.random.restore(random);
    this.reads = reads;
  }

  private draw(document: number): Read {
    const blocks = 2 ** this.random.int(this.doublings + 1);
    const strand = this.random.int(2);
    const begin = this.random.int(this.strands[0].length - blocks * this.options.blockSize);
    return { strand, begin, blocks, done: 0, document };
  }
}

/** Reads for a trainer with carryState. */
export const readsTask =
  (model: LanguageModel, bases: Int32Array, longest: number): TaskMaker =>
  ({ batchSize, blockSize }, random) => {
    const sampler = new ReadSampler(bases, { batchSize, blockSize, longest }, random);
    return {
      async next() {
        const block = sampler.next();
        return {
          steps: block.B * block.L,
          carries: true,
          loss: (state) => model.lossAndState(block, block.targets, { documents: block.documents, state }),
        };
      },
      state: () => sampler.state(),
      restore: (state) => sampler.restore(state as ReturnType<ReadSampler['state']>),
    };
  };
