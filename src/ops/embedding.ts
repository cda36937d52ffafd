/** Rows of a table by index. Official: torch.nn.Embedding. */
import { record } from '../tensor/tape.ts';
import { show, type Tensor } from '../tensor/tensor.ts';
import { requireAxes } from './check.ts';

/** table: (V, D), ids: i32 of any shape, each in [0, V) → (…, D) */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  requireAxes('embedding', 'table', table, 2, '(V, D)');
  if (ids.dtype !== 'i32')
    throw new Error(`embedding: ids ${show(ids.shape)} are f32, expected i32. Make them with backend.ints().`);
  const [, D] = table.shape;
  const { device } = table.backend;
  const y = table.backend.empty([...ids.shape, D]);
  if (y.size) device.run('embedding_forward', ids.size, 256, table.pointer, ids.pointer, y.pointer, D);
  record({
    name: 'embedding',
    inputs: [table],
    outputs: [y],
    backward: ([dy]) => {
      if (!dy) return [];
      const dtable = table.backend.zeros(table.shape);
      if (ids.size) device.run('embedding_backward', D, 16, dy.pointer, ids.pointer, dtable.pointer, ids.size, D);
      return [dtable];
    },
  });
  return y;
}
