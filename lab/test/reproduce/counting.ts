/** An experiment that costs nothing: run i gives i × `times`, and can be told to fail or to stop. */
import { field } from '../../../packages/core/src/schema/field.ts';
import { defineExperiment, type Experiment, Stopped } from '../../src/reproduce/experiment.ts';
import { seedsField } from '../../src/reproduce/settings.ts';

export interface Probe {
  /** The seeds that were run, in order. */
  ran: number[];
  /** Stops or breaks a run. */
  before?(seed: number): void;
  bytes?: number;
}

const fields = {
  seeds: seedsField([1, 2, 3]),
  times: field.whole({ min: 0, default: 10 }),
  label: field.text({ default: 'x' }),
  sharp: field.flag({ default: false }),
  names: field.list(field.text(), { default: ['a', 'b'] }),
};

export const counting = (probe: Probe): Experiment =>
  defineExperiment({
    name: 'counting',
    fields,
    quick: { seeds: [1], times: 1, names: ['a'] },
    variants: ({ seeds }) => seeds.map((seed) => ({ seed })),
    id: ({ seed }) => `seed-${seed}`,
    label: ({ seed }) => `seed ${seed}`,
    work: ({ seed }) => seed,
    bytes: () => probe.bytes ?? 0,
    async run({ seed }, { times }, { signal, progress, data }) {
      probe.ran.push(seed);
      progress(0.5, 'half');
      probe.before?.(seed);
      if (signal.aborted) throw new Stopped();
      if (times === 0) await data('nothing.txt');
      return { value: times * seed };
    },
    report(rows) {
      const values = rows.map(({ result }) => result.value);
      const seeds = rows.map(({ variant }) => variant.seed);
      return {
        tables: [
          { title: 'Counts', rows: [['seed', 'value'], ...seeds.map((seed, i) => [`${seed}`, `${values[i]}`])] },
        ],
        findings: [`The last is ${values.at(-1)}.`],
        goals: [{ what: 'the first is 10', measured: `${values[0]}`, reached: values[0] === 10 }],
        figure: {
          title: 'Counting',
          panels: [{ x: { label: 'seed' }, y: { label: 'value' }, series: [{ x: seeds, y: values }] }],
        },
      };
    },
  });
