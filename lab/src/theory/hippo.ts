/** HiPPO-LegS: a signal of thousands of samples, reconstructed from a state of a few numbers. */
import { hippoProject, hippoReconstruct } from '@mamba-ts/core/ssm';
import { type Demo, rms, times } from './demo.ts';

const LENGTH = 2000;
const ORDERS = [4, 8, 16, 32, 64];
/** The orders in the figure. */
const SHOWN_ORDERS = [8, 32];

/** Three sines and a step: smooth parts, and an edge that needs many polynomials. */
export const signal = times(LENGTH, 1 / LENGTH).map(
  (s) =>
    Math.sin(2 * Math.PI * 1.3 * s) +
    0.5 * Math.sin(2 * Math.PI * 3.7 * s + 1) +
    0.25 * Math.sin(2 * Math.PI * 7.1 * s) +
    (s > 0.7 ? 0.8 : 0),
);

export const hippo: Demo = {
  name: 'hippo',
  about: 'HiPPO-LegS: a whole signal, reconstructed from the state that has read it once',
  run() {
    const found = ORDERS.map((order) => {
      const rebuilt = hippoReconstruct(hippoProject(signal, order), LENGTH);
      const error = rms(rebuilt.map((value, i) => value - signal[i])) / rms(signal);
      return { order, rebuilt, error };
    });
    const t = times(LENGTH, 1);
    const thinned = (values: readonly number[]) => values.filter((_, i) => i % 8 === 0);
    return {
      table: [
        ['state size N', 'numbers kept of 2000', 'relative error'],
        ...found.map(({ order, error }) => [
          String(order),
          `${((100 * order) / LENGTH).toFixed(1)} %`,
          error.toFixed(4),
        ]),
      ],
      finding: 'The state is the best polynomial of degree N − 1 through the whole past; S4 starts from its A.',
      figure: {
        title: 'HiPPO-LegS: 2000 samples, rebuilt from N numbers',
        panels: [
          {
            x: { label: 'time', unit: 'samples' },
            y: { label: 'signal' },
            series: [
              { name: 'signal', x: thinned(t), y: thinned(signal), width: 3, color: 6 },
              ...SHOWN_ORDERS.map((order, i) => ({
                name: `from N = ${order}`,
                x: thinned(t),
                y: thinned(found.find((result) => result.order === order)?.rebuilt ?? []),
                color: [2, 0][i],
                width: 1.4,
              })),
            ],
            height: 280,
          },
          {
            x: { label: 'state size N', log: true, range: [3.5, 72] },
            y: { label: 'relative error', log: true },
            series: [{ x: ORDERS, y: found.map(({ error }) => error), style: 'both', color: 1 }],
            height: 200,
          },
        ],
      },
    };
  },
};
