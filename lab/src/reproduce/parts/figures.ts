/** Panels that several experiments share. */
import type { Axis, Panel } from '@mamba-ts/forecast/chart';
import { halfWidth, mean } from './statistics.ts';

/** A variant and what each of its seeds measured. */
export interface Row {
  name: string;
  values: readonly number[];
}

const ROW_HEIGHT = 30;
const AROUND = 70;
/** Beyond the outermost values, as a part of the axis. */
const ROOM = 0.03;

/**
 * A line a variant: each seed a faint dot, their mean a dot with its 95 % confidence interval.
 * The axis reaches the values of `also`, too.
 */
export function dotPlot(rows: readonly Row[], x: Axis, title?: string, also: readonly number[] = []): Panel {
  const at = rows.map((_, i) => i);
  const means = rows.map(({ values }) => mean(values));
  const whiskers = rows.map(({ values }, i) => {
    const half = halfWidth(values);
    return [means[i] - half, means[i] + half] as const;
  });
  const shown = [...rows.flatMap(({ values }) => values), ...whiskers.flat(), ...also].filter(Number.isFinite);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  // Dots at the ends are whole.
  const room = high > low && !x.log ? ROOM * (high - low) : undefined;
  return {
    title,
    x: room === undefined ? x : { range: [low - room, high + room], ...x },
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
    height: AROUND + ROW_HEIGHT * rows.length,
  };
}
