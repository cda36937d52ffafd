/**
 * A value in a few characters, for error messages: on one line and short, whatever it holds. Values of hostile files
 * that contain themselves, or one value a billion times, are cut off.
 *
 *   shown('bas')     // "bas"        shown([2, 1])     // [2, 1]
 */

/** Items of a list or an object that are written. */
const SHOWN_ITEMS = 8;
/** Levels of lists within lists that are written. */
const SHOWN_DEPTH = 3;

export function shown(value: unknown, limit = 80): string {
  const text = render(value, limit, SHOWN_DEPTH);
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}

function render(value: unknown, limit: number, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, limit));
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth === 0) return '…';
  const isArray = Array.isArray(value);
  if (!isArray && Object.getPrototypeOf(value) !== Object.prototype) return value.constructor.name;
  const items = Object.entries(value).slice(0, SHOWN_ITEMS);
  const texts = items.map(([key, item]) => {
    const text = render(item, limit, depth - 1);
    return isArray ? text : `${JSON.stringify(key.slice(0, limit))}: ${text}`;
  });
  if (items.length < Object.keys(value).length) texts.push('…');
  return isArray ? `[${texts.join(', ')}]` : `{${texts.join(', ')}}`;
}
