/** Times in words: as much of ISO 8601 as the times of a series need. */
import { DAY } from '@mamba-ts/core/math';

/** '2020', '2020-03', '2020-03-14', '2020-03-14 15:30' …: the shortest form that tells all of the times. */
export function timeNamer(times: readonly number[]): (ms: number) => string {
  const length = [4, 7, 10, 16, 19].find((size) => times.every((ms) => tells(size, ms))) ?? 23;
  return (ms) => {
    const [date, time] = new Date(ms).toISOString().split('T');
    const years = date.length - 6;
    return length <= 10 ? date.slice(0, years + length - 4) : `${date} ${time.slice(0, length - 11)}`;
  };
}

/** Whether the first `size` letters of 'YYYY-MM-DD HH:MM:SS' are all that this time has. */
function tells(size: number, ms: number): boolean {
  if (size === 19) return ms % 1000 === 0;
  if (size === 16) return ms % 60_000 === 0;
  if (ms % DAY !== 0) return false;
  const date = new Date(ms);
  if (size === 10) return true;
  return date.getUTCDate() === 1 && (size === 7 || date.getUTCMonth() === 0);
}
