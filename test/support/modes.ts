/** Cases of the scans over modes, S4D's and S4's: their sizes and optional inputs. */
import fc from 'fast-check';
import { seeds, sizes } from './random.ts';

export interface Setup {
  B: number;
  L: number;
  H: number;
  M: number;
  skip: boolean;
  state: boolean;
  ages: boolean;
  lengths: boolean;
  seed: number;
}

export const setups = (L: number, H: number, M: number) =>
  fc.record<Setup>({
    B: sizes(3),
    L: sizes(L),
    H: sizes(H),
    M: sizes(M),
    skip: fc.boolean(),
    state: fc.boolean(),
    ages: fc.boolean(),
    lengths: fc.boolean(),
    seed: seeds,
  });

export const plain: Setup = { B: 2, L: 9, H: 5, M: 3, skip: true, state: true, ages: false, lengths: false, seed: 1 };
