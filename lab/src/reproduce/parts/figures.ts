/** Panels that several experiments share. */
import { mean } from '@mamba-ts/core/math';
import type { Axis, Panel } from '@mamba-ts/forecast/chart';
import { halfWidth } from './statistics.ts';

/** A variant, with the value of each of its seeds. */
export interface DotRow {
  name: string;
  values: readonly number[];
}

const ROW_HEIGHT = 30;
/** Height of the axis and the title. */
const FRAME_HEIGHT = 70;
/** Space beyond the outermost values, as a part of the axis. */
const MARGIN = 0.03;

/**
 * A line for each variant: each seed is a faint dot, and their mean a dot with its 95 % confidence interval. The axis
 * includes the values of `also`.
 */
export function dotPlot(rows: readonly DotRow[], x: Axis, title?: string, also: readonly number[] = []): Panel {
  const at = rows.map((_, i) => i);
  const means = rows.map(({ values }) => mean(values));
  const whiskers = rows.map(({ values }, i) => {
    const half = halfWidth(values);
    return [means[i] - half, means[i] + half] as const;
  });
  const shown = [...rows.flatMap(({ values }) => values), ...whiskers.flat(), ...also].filter(Number.isFinite);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  // Dots at the ends are not cut off.
  const margin = high > low && !x.log ? MARGIN * (high - low) : undefined;
  return {
    title,
    x: margin === undefined ? x : { range: [low - margin, high + margin], ...x },
    y: { label: '', names: rows.map(({ name }) => name) },
    series: [
      {
        x: rows.flatMap(({ values }) => [...values]),
        y: rows.flatMap(({ values }, i) => values.map(() => i)),
        style: 'points',
        color: 1,
        opacity: 0.45,
      },
      {
        x: means,
        y: at,
        style: 'points',
        color: 0,
        whiskers,
      },
    ],
    height: FRAME_HEIGHT + ROW_HEIGHT * rows.length,
  };
}
