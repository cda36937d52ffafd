/** The steps for which a recurrence is stable: the spectral radius of Ā against Δ. */
import { eigenvalues, spectralRadius } from '@mamba-ts/core/math';
import { type discretizationRules, discretize, massSpring } from '@mamba-ts/core/ssm';
import { type Demo, times } from './demo.ts';

const SPRING = { mass: 1, damping: 0.8, stiffness: 4 };

/** The step above which Euler grows: |1 + Δλ| = 1 at Δ = −2 Re λ / |λ|². */
export const eulerLimit = (): number =>
  Math.min(...eigenvalues(massSpring(SPRING).A).map(({ re, im }) => (-2 * re) / (re * re + im * im)));

export const stability: Demo = {
  name: 'stability',
  about: 'the spectral radius of Ā against the step: what grows and what decays',
  run() {
    const system = massSpring(SPRING);
    const steps = times(120, 0.0125).map((step) => step + 0.0125);
    const radius = (step: number, rule: (typeof discretizationRules)[number]) =>
      spectralRadius(discretize(system, step, rule).A);
    const shown = ['euler', 'bilinear', 'zoh'] as const;
    const limit = eulerLimit();
    return {
      table: [
        ['rule', 'radius at Δ = 0.1', 'at 1', 'at 10', 'stable'],
        ...shown.map((rule) => [
          rule === 'zoh' ? 'exp(ΔA)' : rule,
          ...[0.1, 1, 10].map((step) => radius(step, rule).toFixed(4)),
          rule === 'euler' ? `for Δ < ${limit.toFixed(3)} s` : 'always',
        ]),
      ],
      finding: 'exp(ΔA) with Re λ < 0 is stable for every Δ > 0, so Mamba may learn Δ freely, with A = −exp(A_log).',
      figure: {
        title: 'Stability: the recurrence decays where the spectral radius is below 1',
        panels: [
          {
            x: { label: 'step Δ', unit: 's' },
            y: { label: 'spectral radius of Ā' },
            series: [
              { name: 'limit of stability', x: [0, 1.5], y: [1, 1], style: 'dashed', width: 1.2 },
              ...shown.map((rule) => ({
                name: rule === 'zoh' ? 'exp(ΔA): zero-order hold, Mamba' : rule === 'euler' ? 'Euler' : 'bilinear',
                x: steps,
                y: steps.map((step) => radius(step, rule)),
              })),
            ],
            height: 270,
          },
        ],
      },
    };
  },
};
