/** A pendulum: LTI models fit small swings, but neither large swings nor a changing length. */
import {
  fitPendulum,
  ltiFeatures,
  type Pendulum,
  type PendulumFit,
  selectiveFeatures,
  simulatePendulum,
} from '@mamba-ts/core/ssm';
import { type Demo, times } from './demo.ts';

const STEP = 0.05;
const SAMPLES = 400;
/** Samples that the models are fitted to. */
const FITTED = 200;
const ORDERS = [2, 4, 8];
const FIT_END = FITTED * STEP;

const FIXED: Pendulum = { damping: 0.05, swing: 0, frequency: 1 };
const CHANGING: Pendulum = { ...FIXED, swing: 0.25, frequency: 1.1 };
export const cases = [
  { name: 'small swing, fixed length', pendulum: FIXED, angle: 0.05 },
  { name: 'large swing, fixed length', pendulum: FIXED, angle: 2.6 },
  { name: 'large swing, changing length', pendulum: CHANGING, angle: 2 },
];

/** The free runs of LTI models of each order, and of the selective one. */
export function fits({ pendulum, angle }: (typeof cases)[number]): {
  truth: number[];
  lti: PendulumFit[];
  selective: PendulumFit;
} {
  const truth = simulatePendulum(pendulum, angle, SAMPLES, STEP);
  return {
    truth,
    lti: ORDERS.map((order) => fitPendulum(truth, FITTED, order, ltiFeatures(order))),
    selective: fitPendulum(truth, FITTED, 2, selectiveFeatures(pendulum, STEP)),
  };
}

export const pendulum: Demo = {
  name: 'pendulum',
  about: 'a nonlinear, time-varying pendulum that no LTI model fits, but a selective one does',
  run() {
    const found = cases.map((swing) => ({ ...swing, ...fits(swing) }));
    const t = times(SAMPLES, STEP);
    return {
      table: [
        ['free run of 10 s, relative error', ...ORDERS.map((order) => `LTI, order ${order}`), 'A(ρ), order 2'],
        ...found.map(({ name, lti, selective }) => [name, ...[...lti, selective].map(({ error }) => error.toFixed(3))]),
      ],
      finding: 'A linear recurrence whose A depends on the input can follow what an LTI model cannot.',
      figure: {
        title: 'A pendulum: models fitted on 10 s, then on their own',
        panels: found.map(({ name, angle, truth, lti, selective }, i) => ({
          title: name,
          x: { label: 'time', unit: 's' },
          y: { label: 'angle', unit: 'rad', range: [-1.4 * angle, 1.4 * angle] as const },
          // The first panel has the legend of all three.
          series: [
            { name: 'pendulum', x: t, y: truth, width: 3, color: 6 },
            { name: 'LTI of order 8', x: t, y: lti[lti.length - 1].angles, color: 2, width: 1.4 },
            { name: 'A(ρ) of order 2', x: t, y: selective.angles, color: 0, width: 1.2 },
            { name: 'end of fit', x: [FIT_END, FIT_END], y: [-9, 9], style: 'dashed' as const, color: 4, width: 1.4 },
          ].map((series) => (i === 0 ? series : { ...series, name: undefined })),
          height: 180,
        })),
      },
    };
  },
};
