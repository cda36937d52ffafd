/** Times as text: the shortest form of ISO 8601 that is exact for all times of a series. */
import { DAY } from '@mamba-ts/core/math';

/** A format for these times: '2020', '2020-03', '2020-03-14', '2020-03-14 15:30' … */
export function timeNamer(times: readonly number[]): (ms: number) => string {
  const length = [4, 7, 10, 16, 19].find((size) => times.every((ms) => isExact(size, ms))) ?? 23;
  return (ms) => {
    const [date, time] = new Date(ms).toISOString().split('T');
    const years = date.length - 6;
    return length <= 10 ? date.slice(0, years + length - 4) : `${date} ${time.slice(0, length - 11)}`;
  };
}

/** Whether the first `size` letters of 'YYYY-MM-DD HH:MM:SS' give this time exactly. */
function isExact(size: number, ms: number): boolean {
  if (size === 19) return ms % 1000 === 0;
  if (size === 16) return ms % 60_000 === 0;
  if (ms % DAY !== 0) return false;
  const date = new Date(ms);
  if (size === 10) return true;
  return date.getUTCDate() === 1 && (size === 7 || date.getUTCMonth() === 0);
}
