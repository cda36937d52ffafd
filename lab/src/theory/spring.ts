/** A mass on a spring, released at 1 m: the matrix exponential against the closed form. */
import { eigenvalues } from '@mamba-ts/core/math';
import { criticalDamping, massSpring, simulateSpring, springClosedForm, springDamping } from '@mamba-ts/core/ssm';
import { type Demo, largest, pair, times, tiny } from './demo.ts';

const SPRING = { mass: 1, stiffness: 4 };
const STEP = 0.25;
const SAMPLES = 49;

export const spring: Demo = {
  name: 'spring',
  about: "the mass–spring–damper x' = Ax + Bu by matrix exponential, against its closed form",
  run() {
    const critical = criticalDamping(SPRING);
    const t = times(SAMPLES, STEP);
    const fine = times(481, 0.025);
    const cases = [0.1 * critical, critical, 2.5 * critical].map((damping) => {
      const parameters = { ...SPRING, damping };
      const states = simulateSpring(parameters, [1, 0], new Array(SAMPLES - 1).fill(0), STEP);
      const error = largest(
        states.flatMap((x, i) => springClosedForm(parameters, [1, 0], 0, t[i]).map((v, k) => v - x[k])),
      );
      const exact = fine.map((time) => springClosedForm(parameters, [1, 0], 0, time)[0]);
      return { parameters, states, exact, error, eigenvalues: eigenvalues(massSpring(parameters).A) };
    });
    return {
      table: [
        ['damping', 'c (N s/m)', 'eigenvalues of A (1/s)', 'largest error'],
        ...cases.map(({ parameters, error, eigenvalues }) => [
          springDamping(parameters),
          parameters.damping.toFixed(1),
          pair(eigenvalues),
          tiny(error),
        ]),
      ],
      finding: 'One multiplication by exp(ΔA) for each step is exact, whatever the step.',
      figure: {
        title: 'A mass on a spring, released at 1 m',
        panels: [
          {
            x: { label: 'time', unit: 's' },
            y: { label: 'position', unit: 'm' },
            series: [
              ...cases.map(({ parameters, exact }, i) => ({
                name: springDamping(parameters),
                x: fine,
                y: exact,
                color: i + 1,
              })),
              ...cases.map(({ states }, i) => ({
                name: i === 0 ? 'xₜ = exp(ΔA) xₜ₋₁, Δ = 0.25 s' : undefined,
                x: t,
                y: states.map(([q]) => q),
                style: 'points' as const,
                color: i === 0 ? 0 : i + 1,
              })),
            ],
            height: 300,
          },
        ],
      },
    };
  },
};
