/**
 * Seasonal ARIMA of the package `arima` (ctsa in WASM), orders by stepwise search (Hyndman & Khandakar 2008).
 *
 *   φ(B) Φ(Bᵐ) (1 − B)ᵈ (1 − Bᵐ)ᴰ y = θ(B) Θ(Bᵐ) ε        p, q ≤ 3   d ≤ 2   P, D, Q ≤ 1
 *
 * It is the slowest of the baselines, so the last 400 values are fitted, and seasons beyond 24 steps are left out.
 */
import { UsageError } from '@mamba-ts/core/errors';
import { nodeModule } from '@mamba-ts/core/node';
import { isNode, notInstalled } from './library.ts';
import { fitted, type Method } from './method.ts';

/** The library refuses fewer values. */
const MIN_ARIMA = 20;
/** The longest season whose search takes seconds and not minutes. */
const MAX_ARIMA_SEASON = 24;
/** Only the last values are fitted. */
const MAX_VALUES = 400;

type Library = typeof import('arima');

/** Loads ARIMA. */
export function openArima(): Method {
  if (!isNode()) {
    throw new UsageError('baseline', "arima runs in Node only. In a page use another baseline, such as 'ets'.");
  }
  const Arima = opened();
  return fitted(MIN_ARIMA, ({ y, season, horizon, note }) => {
    const [short, whole] = [season <= MAX_ARIMA_SEASON, y.length >= 2 * season];
    if (!short) note(`a season of ${season} is longer than ${MAX_ARIMA_SEASON}: left out`);
    else if (!whole) note(`fewer than two seasons of ${season}: left out`);
    const isSeasonal = short && whole && season > 1;
    const orders = isSeasonal ? { s: season, P: 1, Q: 1 } : { s: 0, P: 0, D: 0, Q: 0 };
    const model = new Arima({ auto: true, p: 3, q: 3, ...orders, verbose: false });
    try {
      const [mean, squares] = model.fit(Array.from(y.slice(-MAX_VALUES))).predict(horizon);
      return { mean, deviation: squares.map(Math.sqrt) };
    } finally {
      model.destroy();
    }
  });
}

/** The library prints messages of its search, with the console that it finds when it is loaded. */
function opened(): Library {
  const { log, error, warn } = console;
  const silent = () => {};
  Object.assign(console, { log: silent, error: silent, warn: silent });
  try {
    // It is a CommonJS module. Bundlers would warn about its imports, so they must not see its name.
    return nodeModule('module').createRequire(import.meta.url)('arima');
  } catch (error) {
    throw notInstalled('arima', 'arima', error);
  } finally {
    Object.assign(console, { log, error, warn });
  }
}
