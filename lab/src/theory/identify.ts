/** A small neural state space model that learns the spring from forces and positions. */
import { eigenvalues } from '@mamba-ts/core/math';
import { Random } from '@mamba-ts/core/random';
import { identifySystem as learn, massSpring, type SystemExperiments, simulateSpring } from '@mamba-ts/core/ssm';
import { type Demo, pair, times, tiny } from './demo.ts';

export const SPRING = { mass: 1, damping: 0.8, stiffness: 4 };
const STEP = 0.2;
const EXPERIMENTS = 16;
const SAMPLES = 40;
/** Standard deviation of a measured position, in m. */
const NOISE = 0.005;

/** Experiments from rest under random forces; the position is measured with a little noise. */
export function experiments(seed: number): SystemExperiments {
  const random = new Random(seed);
  const inputs = Array.from({ length: EXPERIMENTS }, () => Array.from({ length: SAMPLES }, () => random.normal()));
  const outputs = inputs.map((forces) =>
    simulateSpring(SPRING, [0, 0], forces, STEP)
      .slice(1)
      .map(([q]) => q + NOISE * random.normal()),
  );
  return { step: STEP, inputs, outputs };
}

export const identify: Demo = {
  name: 'identify',
  about: 'a small neural SSM, trained by AdamW, that finds the spring’s eigenvalues from data',
  async run(backend) {
    const data = experiments(7);
    const found = await learn(data, await backend());
    const truth = eigenvalues(massSpring(SPRING).A);
    const off = Math.hypot(found.eigenvalues[0].re - truth[0].re, found.eigenvalues[0].im - truth[0].im);
    const relative = off / Math.hypot(truth[0].re, truth[0].im);
    const t = times(SAMPLES, STEP);
    return {
      table: [
        ['', 'eigenvalues (1/s)', 'relative error'],
        ['spring', pair(truth), ''],
        ['learned', pair(found.eigenvalues), `${(100 * relative).toFixed(2)} %`],
      ],
      finding: `From ${EXPERIMENTS} experiments of ${SAMPLES} samples: final loss ${tiny(found.losses[found.losses.length - 1])}.`,
      figure: {
        title: 'A neural state space model learns the spring',
        columns: 2,
        panels: [
          {
            title: 'One of the experiments',
            x: { label: 'time', unit: 's' },
            y: { label: 'force (N), position (m)' },
            series: [
              { name: 'force', x: t, y: data.inputs[0], color: 6 },
              { name: 'position', x: t, y: data.outputs[0], style: 'both', color: 0 },
            ],
            height: 270,
          },
          {
            title: 'Training',
            x: { label: 'update' },
            y: { label: 'relative squared error', log: true },
            series: [{ name: 'loss', x: found.losses.map((_, i) => i + 1), y: found.losses, color: 1 }],
            height: 270,
          },
        ],
      },
    };
  },
};
