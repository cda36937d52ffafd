/** Rows of a table by index. Official: torch.nn.Embedding. */
import { UsageError } from '../errors.ts';
import { record } from '../tensor/tape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { requireAxes, requireOneBackend, requireTensor } from './check.ts';
import { contiguous } from './shape.ts';

/** table: (V, D), ids: i32 of any shape, each in [0, V) → (…, D) */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  requireAxes('embedding', 'table', table, 2, '(V, D)');
  requireTensor('embedding', 'ids', ids, 'i32');
  requireOneBackend('embedding', [table, ids]);
  const [V, D] = table.shape;
  const rows = contiguous(table);
  const indices = contiguous(ids);
  const { backend } = table;
  const { device } = backend;
  requireBelow(indices, V);
  const y = backend.empty([...ids.shape, D]);
  if (y.size) device.run('embedding_forward', ids.size, 256, rows.pointer, indices.pointer, y.pointer, D);
  record({
    name: 'embedding',
    inputs: [rows],
    outputs: [y],
    backward: ([grad]) => {
      if (!grad) return [];
      const dy = contiguous(grad);
      const dtable = backend.zeros(rows.shape);
      if (y.size) device.run('embedding_backward', D, 16, dy.pointer, indices.pointer, dtable.pointer, ids.size, D);
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
