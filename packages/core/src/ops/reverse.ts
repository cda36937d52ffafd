/**
 * Sequences read backwards: yₜ = x at the row's last step − t. Padding stays behind the row.
 *
 * Documents of a packed row come in the other order, each backwards; `reversePositions` gives their positions.
 */
import { reverseSteps } from '../backend/kernels/steps.ts';
import { record } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireAxes } from './check.ts';
import { type Positions, requirePositions } from './positions.ts';

/** x: (B, L, D). Returns (B, L, D), zeros beyond the length of a row. Throws a UsageError for shapes that do not fit. */
export function reverse(x: Tensor, positions: Positions = {}): Tensor {
  requireAxes('reverse', 'x', x, 3, '(B, L, D)');
  const [B, L] = x.shape;
  requirePositions('reverse', positions, x.backend, B, L);
  const { lengths } = positions;
  const y = x.backend.empty(x.shape);
  run(x, lengths, y);
  record({
    name: 'reverse',
    inputs: [x],
    outputs: [y],
    backward: ([grad], to) => {
      if (!grad) return [];
      const dx = to.place(x);
      run(grad, lengths, dx);
      return [dx];
    },
  });
  return y;
}

/** The positions of the rows that reverse() gives. */
export function reversePositions({ age, lengths }: Positions): Positions {
  if (!age) return { lengths };
  const [B, L] = age.shape;
  const { device } = age.backend;
  const ages = new Int32Array(B * L);
  device.read(age.pointer, ages);
  const ends = new Int32Array(B).fill(L);
  if (lengths) device.read(lengths.pointer, ends);
  const backwards = new Int32Array(B * L);
  for (let b = 0; b < B; b++) {
    const at = b * L;
    for (let t = 1; t < ends[b]; t++) {
      // The step before this one, backwards, begins a document forwards: it ends the one that was read.
      const begins = ages[at + ends[b] - t] === 0;
      backwards[at + t] = begins ? 0 : backwards[at + t - 1] + 1;
    }
  }
  return { age: age.backend.ints(backwards, [B, L]), lengths };
}

function run(x: Tensor, lengths: Tensor | undefined, y: Tensor): void {
  const [B, L, D] = x.shape;
  const grain = Math.max(1, Math.ceil(16384 / Math.max(1, D)));
  reverseSteps(x.backend.device, B * L, grain, { x, lengths, y }, { L, D });
}
