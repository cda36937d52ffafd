/**
 * ETS and MSTL of `@bsull/augurs` (Rust in WASM), which is loaded when it is first needed.
 *
 *   ETS    y = trend + error, each additive, multiplicative, damped or absent, the best by AICc (Hyndman et al. 2002)
 *   MSTL   seasons by repeated STL (Bandara, Hyndman & Bergmeir 2021), the rest by ETS, then both together
 *
 * The ETS of the library has no seasons; compare with MSTL on seasonal series. Intervals are those of a normal
 * distribution, so one interval gives the deviation of each step.
 */
import { normalQuantile } from '@mamba-ts/core/math';
import { nodeModule } from '@mamba-ts/core/node';
import type { Normals } from './gaussian.ts';
import { isNode, notInstalled } from './library.ts';
import { fitted, type Method } from './method.ts';

/** The library refuses fewer values. */
const MIN_ETS = 8;
const LEVEL = 0.8;

type Library<Part> = Part extends 'ets' ? typeof import('@bsull/augurs/ets') : typeof import('@bsull/augurs/mstl');

/** Loads ETS. */
export async function openEts(): Promise<Method> {
  return fitted(MIN_ETS, await plainEts());
}

/** Loads MSTL. A series without a season that was seen twice is forecast by ETS. */
export async function openMstl(): Promise<Method> {
  const library = await opened('mstl', () => import('@bsull/augurs/mstl'));
  const ets = await plainEts();
  return fitted(MIN_ETS, (past) => {
    const { y, seasons, horizon, note } = past;
    const seen = seasons.filter((m) => m > 1 && y.length >= 2 * m);
    if (seen.length > 0) return forecastWith(library.MSTL.ets(Uint32Array.from(seen)), y, horizon);
    note('no season that was seen twice: ETS instead');
    return ets(past);
  });
}

async function plainEts(): Promise<Method> {
  const library = await opened('ets', () => import('@bsull/augurs/ets'));
  return ({ y, horizon }) => forecastWith(new library.AutoETS(1, 'ZZN'), y, horizon);
}

async function opened<Part extends 'ets' | 'mstl'>(
  part: Part,
  load: () => Promise<Library<Part>>,
): Promise<Library<Part>> {
  let library: Library<Part>;
  try {
    library = await load();
  } catch (error) {
    throw notInstalled(part, '@bsull/augurs', error);
  }
  await library.default(bytesInNode(part));
  return library;
}

/** In Node the WASM file is read, because fetch does not read files. In browsers the bundler knows its address. */
function bytesInNode(part: string): { module_or_path: Uint8Array<ArrayBuffer> } | undefined {
  if (!isNode()) return undefined;
  const main = nodeModule('module')
    .createRequire(import.meta.url)
    .resolve(`@bsull/augurs/${part}`);
  return { module_or_path: nodeModule('fs').readFileSync(main.replace(/\.js$/, '_bg.wasm')) };
}

interface Fitted {
  fit(y: Float64Array): void;
  predict(horizon: number, level: number): { point: number[]; intervals?: { lower: number[]; upper: number[] } };
  free(): void;
}

/** Scales the values first: tiny and huge ones are outside of the range of the search. */
function forecastWith(model: Fitted, y: Float64Array, horizon: number): Normals {
  const unit = y.reduce((sum, x) => sum + Math.abs(x) / y.length, 0) || 1;
  try {
    model.fit(y.map((x) => x / unit));
    const { point, intervals } = model.predict(horizon, LEVEL);
    if (!intervals) throw new Error('augurs gave no intervals');
    const width = 2 * normalQuantile((1 + LEVEL) / 2);
    return {
      mean: point.map((x) => x * unit),
      deviation: intervals.upper.map((high, t) => ((high - intervals.lower[t]) / width) * unit),
    };
  } finally {
    model.free();
  }
}
