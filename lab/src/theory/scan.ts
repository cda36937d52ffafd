/** The HMM's filter as a selective scan: exact where the chain resets, by sweeps where states mix. */
import { Random } from '@mamba-ts/core/random';
import { type Hmm, hmmFilterBySweeps, hmmFilterResetting, hmmForward, hmmSample } from '@mamba-ts/core/ssm';
import { type Demo, largest, times, tiny } from './demo.ts';
import { casino, rolls } from './hmm.ts';

const ROLLS = 200;
const SWEEPS = 24;

/** Four states in a ring, each of which mostly stays or moves to the next: a diagonal does not mix so much. */
export const ring: Hmm = {
  initial: [0.25, 0.25, 0.25, 0.25],
  transition: [
    [0.6, 0.35, 0.03, 0.02],
    [0.02, 0.6, 0.35, 0.03],
    [0.03, 0.02, 0.6, 0.35],
    [0.35, 0.03, 0.02, 0.6],
  ],
  emission: [
    [0.7, 0.2, 0.1],
    [0.2, 0.6, 0.2],
    [0.1, 0.2, 0.7],
    [0.3, 0.4, 0.3],
  ],
};

/** The casino's chain keeps its state, or with rate P₀₁ + P₁₀ draws a new one from its stationary distribution. */
export const casinoReset = { rate: 0.15, to: [2 / 3, 1 / 3] };

const difference = (a: readonly number[][], b: readonly number[][]) =>
  largest(a.flatMap((row, t) => row.map((value, j) => value - b[t][j])));

export const scan: Demo = {
  name: 'scan',
  about: 'the HMM’s filter run on the selective scan: what a diagonal scan can hold, and what it cannot',
  async run(open) {
    const backend = await open();
    const { symbols } = rolls(ROLLS, 11);
    const exact = hmmForward(casino, symbols).filtered;
    const direct = difference(hmmFilterResetting(casino, casinoReset, symbols, backend), exact);
    const random = new Random(5);
    const runs = [
      { name: 'casino, 2 states', hmm: casino, symbols },
      { name: 'ring, 4 states', hmm: ring, symbols: hmmSample(ring, ROLLS, () => random.uniform()).symbols },
    ].map((chain) => {
      const truth = hmmForward(chain.hmm, chain.symbols).filtered;
      const sweeps = hmmFilterBySweeps(chain.hmm, chain.symbols, SWEEPS, backend);
      return { ...chain, sweeps, errors: sweeps.map(({ filtered }) => difference(filtered, truth)) };
    });
    const t = times(ROLLS, 1);
    const at = (sweep: number) => runs[0].sweeps[sweep - 1].filtered.map(([, p]) => p);
    return {
      table: [
        ['chain', 'gates from', 'scans', 'largest error', 'gates above 1'],
        ['casino, 2 states', 'eₜ(j) / cₜ, cₜ known', '1', tiny(direct), ''],
        ...runs.flatMap(({ name, sweeps, errors }) =>
          [1, 4, 12, SWEEPS].map((k) => [
            name,
            'the sweep before',
            String(k),
            tiny(errors[k - 1]),
            `${sweeps[k - 1].growing} of ${ROLLS * sweeps[k - 1].filtered[0].length}`,
          ]),
        ),
      ],
      finding: 'Each sweep is a layer whose Δ and input come from the layer below; depth stands in for the mixing.',
      figure: {
        title: 'The HMM filter as a stack of selective scans',
        panels: [
          {
            title: 'The casino',
            x: { label: 'roll' },
            y: { label: 'p(loaded die)', range: [-0.05, 1.05] },
            series: [
              { name: 'exact filter', x: t, y: exact.map(([, p]) => p), width: 3, color: 6 },
              { name: 'after 1 scan', x: t, y: at(1), color: 2, width: 1.3 },
              { name: 'after 4 scans', x: t, y: at(4), color: 0, width: 1.3 },
            ],
            height: 240,
          },
          {
            x: { label: 'scans', range: [0.5, SWEEPS + 0.5] },
            y: { label: 'largest error', log: true },
            series: runs.map(({ name, errors }, i) => ({
              name,
              x: errors.map((_, k) => k + 1),
              y: errors.map((error) => Math.max(error, 1e-8)),
              style: 'both',
              color: i + 1,
            })),
            height: 220,
          },
        ],
      },
    };
  },
};
