/** Rows of a table by index. Official: torch.nn.Embedding. */
import { embeddingBackward, embeddingForward } from '../backend/kernels/embedding.ts';
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireTensor } from './check.ts';
import { contiguous } from './shape.ts';

/**
 * The rows of a table by index.
 *
 * table: (V, D). ids: i32 of any shape (…), from backend.ints(), each from 0 to V − 1. Returns (…, D).
 * Throws a UsageError for an index outside of the table.
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  requireAxes('embedding', 'table', table, 2, '(V, D)');
  requireTensor('embedding', 'ids', ids, 'i32');
  requireOneBackend('embedding', [table, ids]);
  const [V, D] = table.shape;
  const rows = contiguous(table);
  const indices = contiguous(ids);
  const { backend } = table;
  requireBelow(indices, V);
  const y = backend.empty([...ids.shape, D]);
  embeddingForward(backend.device, ids.size, 256, { table: rows, ids: indices, y }, { D });
  record({
    name: 'embedding',
    inputs: [rows],
    outputs: [y],
    backward: ([grad]) => {
      if (!grad) return [];
      const dy = contiguous(grad);
      const dtable = backend.zeros(rows.shape);
      embeddingBackward(backend.device, D, 16, { dy, ids: indices, dtable }, { T: ids.size, D });
      return [dtable];
    },
  });
  return y;
}

/** A kernel would read past the table. */
function requireBelow(ids: Tensor, V: number): void {
  const values = new Int32Array(ids.size);
  ids.backend.device.read(ids.pointer, values);
  const wrong = values.findIndex((id) => id < 0 || id >= V);
  if (wrong >= 0) {
    throw new UsageError(
      'embedding',
      `id ${values[wrong]} at ${wrong}, expected 0 to ${V - 1}, the rows of the table.`,
    );
  }
}
