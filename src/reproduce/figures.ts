/** Panels that several experiments share. */
import type { Panel } from '../inspect/figure.ts';
import type { Axis } from '../inspect/scale.ts';
import { halfWidth, mean } from './statistics.ts';

/** A variant and what each of its seeds measured. */
export interface Row {
  name: string;
  values: readonly number[];
}

const ROW_HEIGHT = 30;
const AROUND = 70;

/** A line a variant: each seed a faint dot, their mean a dot with its 95 % confidence interval. */
export function dotPlot(rows: readonly Row[], x: Axis, title?: string): Panel {
  const at = rows.map((_, i) => i);
  const means = rows.map(({ values }) => mean(values));
  return {
    title,
    x,
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
        whiskers: rows.map(({ values }, i) => {
          const half = halfWidth(values);
          return [means[i] - half, means[i] + half] as const;
        }),
      },
    ],
    height: AROUND + ROW_HEIGHT * rows.length,
  };
}
