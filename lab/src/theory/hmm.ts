/** The dishonest casino: a hidden Markov model filtered, smoothed and decoded (Durbin et al. 1998, §3.2). */
import { Random } from '@mamba-ts/core/random';
import { type Hmm, hmmForward, hmmSample, hmmSmooth, hmmViterbi } from '@mamba-ts/core/ssm';
import { type Demo, times } from './demo.ts';

/** A fair die, and a loaded one that shows six half of the time. */
export const casino: Hmm = {
  initial: [0.5, 0.5],
  transition: [
    [0.95, 0.05],
    [0.1, 0.9],
  ],
  emission: [new Array(6).fill(1 / 6), [0.1, 0.1, 0.1, 0.1, 0.1, 0.5]],
};
const ROLLS = 300;

export function rolls(count: number, seed: number) {
  const random = new Random(seed);
  return hmmSample(casino, count, () => random.uniform());
}

export const hmm: Demo = {
  name: 'hmm',
  about: 'the hidden Markov model: forward filter, smoother and Viterbi path',
  run() {
    const { states, symbols } = rolls(ROLLS, 11);
    const { filtered, logLikelihood } = hmmForward(casino, symbols);
    const smoothed = hmmSmooth(casino, symbols);
    const { path, logProbability } = hmmViterbi(casino, symbols);
    const right = (guess: readonly number[]) =>
      `${((100 * guess.filter((state, t) => state === states[t]).length) / ROLLS).toFixed(1)} %`;
    const decide = (beliefs: readonly number[][]) => beliefs.map(([fair, loaded]) => Number(loaded > fair));
    const t = times(ROLLS, 1);
    return {
      table: [
        ['', 'states right', 'logarithm'],
        ['filter', right(decide(filtered)), `log p(y) = ${logLikelihood.toFixed(2)}`],
        ['smoother', right(decide(smoothed)), ''],
        ['Viterbi', right(path), `log p(x, y) = ${logProbability.toFixed(2)}`],
      ],
      finding: 'The filter is a state space model too: its state is the probability of each hidden state.',
      figure: {
        title: 'Which die is it? A hidden Markov model of 300 rolls',
        panels: [
          {
            x: { label: 'roll' },
            y: { label: 'p(loaded die)', range: [-0.05, 1.05] },
            series: [
              { name: 'filter', x: t, y: filtered.map(([, p]) => p), color: 6, width: 1.4 },
              { name: 'smoother', x: t, y: smoothed.map(([, p]) => p), color: 1, width: 2.2 },
            ],
            height: 240,
          },
          {
            x: { label: 'roll' },
            y: { label: 'die', range: [-0.2, 1.4] },
            series: [
              { name: 'true (0 fair, 1 loaded)', x: t, y: states, color: 0 },
              { name: 'Viterbi (drawn 0.15 higher)', x: t, y: path.map((state) => state + 0.15), color: 2 },
            ],
            height: 170,
          },
        ],
      },
    };
  },
};
