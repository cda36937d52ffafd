/**
 * Rotary position embedding (RoPE): pairs of channels of each head turn by the angle a = position · θ^(−2i / dims).
 *
 *   (x, y) ← (x cos a − y sin a, x sin a + y cos a)
 *
 * The product of a query and a key then depends only on the distance between them. The first `dims` channels of a
 * head turn. Pairs are the halves (i, i + dims / 2), as in Llama and GPT-NeoX, or neighbours. Paper: Su et al. 2021. Official: flash_attn/layers/rotary.py.
 */
import { rotaryTurn } from '../backend/kernels/rotary.ts';
import { UsageError } from '../errors.ts';
import { keep } from '../tensor/scope.ts';
import { record } from '../tensor/tape.ts';
import type { Backend, Tensor } from '../tensor/tensor.ts';
import { requireAxes } from './check.ts';

export interface RotaryOptions {
  heads: number;
  /** The position of the first step of each row. */
  starts: readonly number[];
  /** Channels of a head that turn, an even number. Default: all. */
  dims?: number;
  /** Default: 10,000. */
  theta?: number;
  /** Pairs are neighbours (2i, 2i + 1). Default: false, the halves (i, i + dims / 2). */
  interleaved?: boolean;
}

/** x: (B, L, heads · P). Returns a tensor of the same shape. Throws a UsageError for options that do not fit. */
export function rotary(x: Tensor, options: RotaryOptions): Tensor {
  requireAxes('rotary', 'x', x, 3, '(B, L, heads · P)');
  const { heads, starts, theta = 10_000, interleaved = false } = options;
  const [B, L, width] = x.shape;
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new UsageError('rotary', `${heads} heads, expected a divisor of ${width}, the channels of x.`);
  }
  const P = width / heads;
  const { dims = P } = options;
  if (!Number.isInteger(dims) || dims < 0 || dims > P || dims % 2 !== 0) {
    throw new UsageError('rotary', `dims is ${dims}, expected an even number up to ${P}, the channels of a head.`);
  }
  if (!(Number.isFinite(theta) && theta > 0))
    throw new UsageError('rotary', `theta is ${theta}, expected a number above 0.`);
  if (starts.length !== B || !starts.every((start) => Number.isInteger(start) && start >= 0)) {
    throw new UsageError(
      'rotary',
      `starts are ${starts.join(', ')}, expected ${B} whole numbers ≥ 0, one for each row.`,
    );
  }
  const y = x.backend.empty(x.shape);
  if (x.size === 0) return y;
  const table = tableOf(x.backend, dims, theta, Math.min(...starts), Math.max(...starts) + L);
  const first = x.backend.ints(
    Int32Array.from(starts, (start) => start - table.first),
    [B],
  );
  const { cosines, sines } = table;
  const grain = Math.max(1, Math.ceil(8192 / width));
  const turn = (input: Tensor, output: Tensor, sign: number) => {
    const operands = { x: input, cosines, sines, starts: first, y: output };
    rotaryTurn(x.backend.device, B * L, grain, operands, { L, H: heads, P, dims, interleaved, sign });
  };
  turn(x, y, 1);
  record({
    name: 'rotary',
    inputs: [x],
    outputs: [y],
    backward: ([dy], to) => {
      if (!dy) return [];
      const dx = to.place(x);
      turn(dy, dx, -1);
      return [dx];
    },
  });
  return y;
}

interface Table {
  first: number;
  count: number;
  cosines: Tensor; //  (count, dims / 2)
  sines: Tensor;
}

/** Positions that a table holds at least: steps of one token then share it. */
const AHEAD = 256;
const tables = new WeakMap<Backend, Map<string, Table>>();

/** The table that was last used for these angles, or one from `first` on. All layers of a model share it. */
function tableOf(backend: Backend, dims: number, theta: number, first: number, end: number): Table {
  const known = tables.get(backend) ?? new Map<string, Table>();
  tables.set(backend, known);
  const key = `${dims} ${theta}`;
  const last = known.get(key);
  if (last && last.first <= first && end <= last.first + last.count) return last;
  const count = Math.max(AHEAD, end - first);
  const half = dims / 2;
  const frequencies = Float64Array.from({ length: half }, (_, i) => theta ** ((-2 * i) / dims));
  const angles = Float64Array.from(
    { length: count * half },
    (_, k) => (first + Math.floor(k / half)) * frequencies[k % half],
  );
  const place = (f: (angle: number) => number) => keep(backend.tensor(Float32Array.from(angles, f), [count, half]));
  const table = { first, count, cosines: place(Math.cos), sines: place(Math.sin) };
  known.set(key, table);
  return table;
}
