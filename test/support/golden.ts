/** Reads the goldens of test/fixtures/golden and turns their layouts into this package's. */
import { fileURLToPath } from 'node:url';
import { fileSource } from '../../packages/core/src/formats/byteSource.ts';
import { openSafetensors } from '../../packages/core/src/formats/safetensors.ts';
import { type Array64, array } from '../reference/array.ts';

export interface Golden {
  metadata: Readonly<Record<string, string>>;
  get(name: string): Array64;
  has(name: string): boolean;
}

export async function readGolden(path: string): Promise<Golden> {
  const file = await openSafetensors(
    await fileSource(fileURLToPath(new URL(`../fixtures/golden/${path}.safetensors`, import.meta.url))),
  );
  const tensors = new Map<string, Array64>();
  for (const name of file.tensors.keys()) {
    const { shape, data } = await file.read(name);
    tensors.set(name, array(shape, data));
  }
  await file.close();
  return {
    metadata: file.metadata,
    has: (name) => tensors.has(name),
    get(name) {
      const found = tensors.get(name);
      if (!found) throw new Error(`${path} has no ${name}`);
      return found;
    },
  };
}

/** The official (B, D, L) and (B, G, N, L) as (B, L, D) and (B, L, G, N). */
export function timeSecond({ shape, data }: Array64): Array64 {
  if (shape.length < 3) return { shape, data };
  const L = shape.at(-1) as number;
  const inner = shape.slice(1, -1);
  const size = inner.reduce((n, d) => n * d, 1);
  const y = array([shape[0], L, ...inner]);
  for (let k = 0; k < data.length; k++) {
    const [t, i, b] = [k % L, Math.floor(k / L) % size, Math.floor(k / L / size)];
    y.data[(b * L + t) * size + i] = data[k];
  }
  return y;
}
